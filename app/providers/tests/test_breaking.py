"""A failing endpoint is left alone by every process, tried again after a while, and never breaks what has no Valkey."""

import asyncio
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from app.providers.breaking import Breaker, BreakingChatModel
from app.providers.circuit import Rules, State
from app.providers.errors import CircuitOpen, Refused, Unavailable
from app.providers.openai_chat import OpenAIChatModel, Patience
from app.providers.retry import RetryingChatModel
from app.providers.shared_state import SharedValues, shared_values
from app.providers.testing import ScriptedChatModel
from app.providers.tests.contracts import ChatModelContract
from app.providers.tests.test_openai_chat import HURRIED, chat, collect
from app.providers.types import Message

PAUSE_S = 1.0
AFTER_PAUSE_S = 1.05
FAILS_ELSEWHERE = """
import os, sys, django
django.setup()
from app.providers.breaking import Breaker
from app.providers.circuit import Rules
from app.providers.errors import Unavailable, CircuitOpen
breaker = Breaker(sys.argv[1], Rules(failures_in_a_row=3, pause_s=30))
for _ in range(int(sys.argv[2])):
    breaker.failed(breaker.entered(), 5.0, Unavailable("down over there"))
try:
    breaker.entered()
    print("closed")
except CircuitOpen:
    print("open")
"""


@pytest.fixture(autouse=True)
def _fresh():
    shared_values().forget()
    yield
    shared_values().forget()


def breaker(name="chat-test-1", values=None, pause_s=60.0):
    return Breaker(name, Rules(failures_in_a_row=3, enough_calls=10, pause_s=pause_s), values)


def down():
    """A Valkey that nobody can reach."""
    return SharedValues(lambda: redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2))


class TestBreakingChatModel(ChatModelContract):
    @pytest.fixture
    def model(self, misbehaving):
        return BreakingChatModel(chat(misbehaving, "mock-itl1", Patience()), breaker("chat-contract-1"))


async def fails(model, kind=Unavailable):
    with pytest.raises(kind):
        await collect(model)


@pytest.mark.timed
async def test_after_failures_in_a_row_the_endpoint_is_not_asked(misbehaving):
    model = BreakingChatModel(chat(misbehaving, "mock-500-breaking"), breaker())
    for _ in range(3):
        await fails(model)
    before = len(misbehaving.requests)
    began = time.monotonic()
    await fails(model, CircuitOpen)
    assert time.monotonic() - began < 1
    assert len(misbehaving.requests) == before
    circuit = breaker().circuit()
    assert circuit.state(time.time()) is State.OPEN
    assert "mock-500-breaking" in circuit.reason


async def test_it_closes_again_when_a_trial_succeeds(misbehaving):
    model = BreakingChatModel(chat(misbehaving, "mock-500-first3-len2-recovers"), breaker(pause_s=PAUSE_S))
    for _ in range(3):
        await fails(model)
    await asyncio.sleep(AFTER_PAUSE_S)
    assert (await collect(model))[0] == "The policy"
    assert breaker(pause_s=PAUSE_S).circuit().state(time.time()) is State.CLOSED
    assert (await collect(model))[0] == "The policy"


async def test_a_trial_that_fails_opens_it_for_longer(misbehaving):
    model = BreakingChatModel(chat(misbehaving, "mock-500-longer"), breaker(pause_s=PAUSE_S))
    for _ in range(3):
        await fails(model)
    await asyncio.sleep(AFTER_PAUSE_S)
    await fails(model)
    await asyncio.sleep(AFTER_PAUSE_S)
    await fails(model, CircuitOpen)


async def test_half_open_lets_one_of_a_crowd_through(misbehaving):
    model = BreakingChatModel(
        chat(misbehaving, "mock-500-first3-ttft900-len2-crowd", Patience()), breaker(pause_s=PAUSE_S)
    )
    for _ in range(3):
        await fails(model)
    await asyncio.sleep(AFTER_PAUSE_S)
    ends = await asyncio.gather(*(collect(model) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(end, CircuitOpen) for end in ends) == 7
    assert sum(isinstance(end, tuple) for end in ends) == 1


async def test_a_trial_closes_it_with_its_first_token(misbehaving):
    circuit = breaker(pause_s=PAUSE_S)
    model = BreakingChatModel(chat(misbehaving, "mock-500-first3-itl100-len20-first", Patience()), circuit)
    for _ in range(3):
        await fails(model)
    await asyncio.sleep(AFTER_PAUSE_S)
    async for _ in model.stream([Message("user", "hi")], max_tokens=9, temperature=0):
        assert circuit.circuit().state(time.time()) is State.CLOSED
        break


async def test_a_reader_who_leaves_during_a_trial_leaves_no_lock_behind(misbehaving):
    model = BreakingChatModel(chat(misbehaving, "mock-hang", HURRIED), breaker(pause_s=PAUSE_S))
    for _ in range(3):
        breaker(pause_s=PAUSE_S).failed(breaker(pause_s=PAUSE_S).entered(), 1.0, Unavailable("down"))
    await asyncio.sleep(AFTER_PAUSE_S)
    trial = asyncio.create_task(collect(model))
    await asyncio.sleep(0.2)
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)
    await asyncio.sleep(0.1)
    assert breaker(pause_s=PAUSE_S).entered() == "trial"


async def test_a_request_that_the_model_refuses_says_nothing_about_the_model(misbehaving):
    model = BreakingChatModel(chat(misbehaving, "mock-400-refusing"), breaker())
    for _ in range(6):
        await fails(model, Refused)
    assert breaker().circuit().state(time.time()) is State.CLOSED


async def test_a_wrong_key_opens_it_as_every_request_will_fail(misbehaving):
    model = BreakingChatModel(chat(misbehaving, "mock-401-locked"), breaker())
    for _ in range(3):
        await fails(model, Refused)
    await fails(model, CircuitOpen)


async def test_a_long_retry_after_is_kept_by_everybody(misbehaving):
    model = BreakingChatModel(chat(misbehaving, "mock-429-retryafter60-all"), Breaker("chat-asks-1", Rules()))
    with pytest.raises(Exception, match="429"):
        await collect(model)
    with pytest.raises(CircuitOpen) as caught:
        await collect(model)
    assert 50 < caught.value.retry_after <= 60


async def test_retries_end_where_the_circuit_opens(misbehaving):
    model = RetryingChatModel(
        BreakingChatModel(chat(misbehaving, "mock-500-retried"), breaker()), retries=9, sleep=lambda _: asyncio.sleep(0)
    )
    await fails(model, CircuitOpen)
    assert sum(request.body.get("model") == "mock-500-retried" for request in misbehaving.requests) == 3


def elsewhere(name, failures):
    """What another process finds after failing so often."""
    command = [sys.executable, "-c", FAILS_ELSEWHERE, name, str(failures)]
    return subprocess.run(command, env=os.environ.copy(), capture_output=True, text=True, check=True).stdout.strip()


def test_another_process_sees_an_open_circuit_and_its_failures_count_here():
    assert elsewhere("chat-shared-1", 2) == "closed"
    shared = Breaker("chat-shared-1", Rules(failures_in_a_row=3, pause_s=30))
    shared.failed(shared.entered(), 5.0, Unavailable("down here"))
    with pytest.raises(CircuitOpen):
        shared.entered()
    assert elsewhere("chat-shared-1", 0) == "open"
    shared.close()
    assert elsewhere("chat-shared-1", 0) == "closed"


def test_changes_beside_each_other_are_all_kept():
    crowd = Breaker("chat-crowd-1", Rules(failures_in_a_row=20, enough_calls=100))
    with ThreadPoolExecutor(8) as threads:
        for _ in range(30):
            threads.submit(crowd.succeeded, crowd.entered(), 1.0)
    assert len(crowd.circuit().calls) == 30


@pytest.mark.timed
async def test_without_valkey_a_process_keeps_its_own_circuit_and_answers_go_on(misbehaving):
    alone = breaker("chat-alone-1", down())
    began = time.monotonic()
    assert (await collect(BreakingChatModel(chat(misbehaving, "mock-len2"), alone)))[0] == "The policy"
    assert time.monotonic() - began < 5
    model = BreakingChatModel(chat(misbehaving, "mock-500-alone"), alone)
    for _ in range(3):
        await fails(model)
    await fails(model, CircuitOpen)


def test_when_valkey_goes_away_the_last_known_state_holds():
    values = SharedValues(lambda: client[0])
    client = [redis.Redis.from_url(os.environ["VALKEY_URL"].replace("redis+socket://", "unix://"))]
    known = breaker("chat-gone-1", values)
    for _ in range(3):
        known.failed(known.entered(), 5.0, Unavailable("down"))
    client[0] = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    with pytest.raises(CircuitOpen):
        known.entered()


async def test_a_stream_that_breaks_off_counts_as_a_failure():
    model = BreakingChatModel(ScriptedChatModel(["half", Unavailable("cut")]), breaker("chat-half-1"))
    await fails(model)
    assert [call.failure for call in breaker("chat-half-1").circuit().calls] == ["Unavailable"]


async def test_connect_refused_opens_it(free_port):
    model = BreakingChatModel(
        OpenAIChatModel("m", base_url=f"http://127.0.0.1:{free_port}/v1", api_key="", patience=HURRIED), breaker()
    )
    for _ in range(3):
        await fails(model)
    await fails(model, CircuitOpen)
