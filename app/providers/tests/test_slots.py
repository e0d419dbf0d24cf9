"""No more calls at once than a model may have, over all processes; who waits too long is sent on."""

import asyncio
import time

import pytest
import redis

from app.providers.errors import Busy
from app.providers.openai_chat import Patience
from app.providers.shared_state import EXECUTOR, SharedValues, shared_values
from app.providers.slots import LimitedChatModel, Slots
from app.providers.tests.contracts import ChatModelContract
from app.providers.tests.test_openai_chat import chat, collect
from app.providers.types import Message


@pytest.fixture(autouse=True)
def _fresh():
    shared_values().forget()


def down():
    return SharedValues(lambda: redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2))


class TestLimitedChatModel(ChatModelContract):
    @pytest.fixture
    def model(self, misbehaving):
        return LimitedChatModel(
            chat(misbehaving, "mock-itl1", Patience()), Slots("contract", 2, longest_s=60), wait_s=1
        )


def limited(server, name, places, *, wait_s, values=None):
    return LimitedChatModel(
        chat(server, name, Patience()), Slots(name, places, longest_s=60, values=values), wait_s=wait_s
    )


@pytest.mark.parametrize("values", [None, down()], ids=["shared", "without Valkey"])
async def test_no_more_than_the_places_run_at_once_and_the_others_wait(misbehaving, values):
    # The server itself refuses a third call at the same time.
    model = limited(misbehaving, f"mock-limit2-itl10-len10-{values is None}", 2, wait_s=10, values=values)
    replies = await asyncio.gather(*(collect(model) for _ in range(6)))
    assert len({text for text, _ in replies}) == 1


@pytest.mark.timed
async def test_who_finds_no_place_in_time_is_told_so(misbehaving):
    model = limited(misbehaving, "mock-itl300-len10-busy", 1, wait_s=0.2)
    first = asyncio.create_task(collect(model))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    with pytest.raises(Busy) as caught:
        await collect(model)
    assert time.monotonic() - began < 2
    assert caught.value.permanent, "trying the same model again at once cannot help"
    await first
    assert (await collect(model))[0]


async def test_places_are_counted_over_processes(misbehaving):
    held = Slots("mock-len2-shared", 1, longest_s=60)
    token = held.take()
    with pytest.raises(Busy):
        await collect(limited(misbehaving, "mock-len2-shared", 1, wait_s=0))
    held.give_back(token)
    assert (await collect(limited(misbehaving, "mock-len2-shared", 1, wait_s=0)))[0] == "The policy"


def test_a_place_whose_holder_died_is_free_again():
    assert Slots("died", 1, longest_s=1).take()
    assert not Slots("died", 1, longest_s=1).take()
    time.sleep(1.05)
    assert Slots("died", 1, longest_s=1).take()


async def test_a_place_is_given_back_when_the_reader_leaves(misbehaving):
    model = limited(misbehaving, "mock-itl50-len50-left", 1, wait_s=1)
    async for _ in model.stream([Message("user", "hi")], max_tokens=9, temperature=0):
        break
    await asyncio.sleep(0.1)
    EXECUTOR.submit(lambda: None).result()
    assert Slots("mock-itl50-len50-left", 1, longest_s=60).take()
