"""One model after another, until one speaks; and what is noted of each."""

import asyncio
import time

import pytest

from app.providers.checked_chat import CheckedChatModel
from app.providers.errors import Busy, CircuitOpen, Refused, Repetitive, Timeout, Unavailable, WrongLanguage
from app.providers.fallback import FallbackChatModel, WholeReply
from app.providers.noted_chat import NotedChatModel
from app.providers.openai_chat import Patience
from app.providers.testing import ScriptedChatModel
from app.providers.tests.contracts import ChatModelContract
from app.providers.tests.test_openai_chat import chat, collect
from app.providers.types import Message

PASSAGES = "F-1 [1] Title\nEveryone has twenty-five days of leave in a year.\nF-1 end of [1]\n\nQuestion: How many?"


class TestFallbackChatModel(ChatModelContract):
    @pytest.fixture
    def model(self, misbehaving):
        down = ScriptedChatModel([Unavailable("down")])
        return FallbackChatModel([down, chat(misbehaving, "mock-itl1", Patience())], patience_s=30)


class TestCheckedChatModel(ChatModelContract):
    @pytest.fixture
    def model(self, misbehaving):
        return CheckedChatModel(chat(misbehaving, "mock-itl1", Patience()), language="en")


class TestWholeReply(ChatModelContract):
    @pytest.fixture
    def model(self, misbehaving):
        return WholeReply(chat(misbehaving, "mock-itl1", Patience()), within_s=30)


def chain(*scripts, patience_s=30):
    models = [ScriptedChatModel(script, name=f"m{place}") for place, script in enumerate(scripts)]
    return FallbackChatModel(models, patience_s=patience_s), models


@pytest.mark.parametrize(
    "error", [Unavailable("x"), Timeout("x"), Refused("x"), CircuitOpen("x", retry_after=5), Busy("x")]
)
async def test_a_model_that_fails_before_its_first_word_is_followed_by_the_next(error):
    model, asked = chain([error], ["fine"])
    assert (await collect(model))[0] == "fine"
    assert [len(each.conversations) for each in asked] == [1, 1]


async def test_the_first_one_that_speaks_is_the_only_one_asked():
    model, asked = chain(["fine"], ["other"])
    assert (await collect(model))[0] == "fine"
    assert asked[1].conversations == []


async def test_a_reply_that_breaks_off_is_not_joined_to_another_models():
    model, asked = chain(["half", Unavailable("cut")], ["fine"])
    with pytest.raises(Unavailable) as caught:
        await collect(model)
    assert caught.value.seen == "half"
    assert asked[1].conversations == []


async def test_when_all_fail_the_last_ones_error_is_told():
    model, _ = chain([Unavailable("down")], [Timeout("slow")])
    with pytest.raises(Timeout):
        await collect(model)


async def test_no_model_is_begun_when_somebody_has_waited_long_enough(misbehaving):
    slow = chat(misbehaving, "mock-hang", Patience(first_token_s=0.3))
    last = ScriptedChatModel(["fine"])
    with pytest.raises(Timeout):
        await collect(FallbackChatModel([slow, last], patience_s=0.1))
    assert last.conversations == []


async def test_a_whole_reply_can_break_off_and_still_be_asked_for_elsewhere():
    models = [ScriptedChatModel(["half", Unavailable("cut")]), ScriptedChatModel(["fine"])]
    model = FallbackChatModel([WholeReply(each, within_s=9) for each in models], patience_s=30)
    assert (await collect(model))[0] == "fine"


@pytest.mark.timed
async def test_a_whole_reply_is_not_waited_for_longer_than_said(misbehaving):
    began = time.monotonic()
    with pytest.raises(Timeout):
        await collect(WholeReply(chat(misbehaving, "mock-itl100-len60", Patience()), within_s=0.3))
    assert time.monotonic() - began < 4


async def test_a_model_caught_in_a_loop_is_stopped_early(misbehaving):
    model = CheckedChatModel(chat(misbehaving, "mock-repeat", Patience()))
    with pytest.raises(Repetitive) as caught:
        async for _ in model.stream([Message("user", "hi")], max_tokens=2000, temperature=0):
            pass
    assert "mock-repeat" in str(caught.value)


@pytest.mark.parametrize(("language", "is_heard"), [("en", False), ("de", True), ("", True)])
async def test_a_reply_in_another_language_is_refused(misbehaving, language, is_heard):
    model = CheckedChatModel(chat(misbehaving, "mock-lang", Patience()), language=language)
    if is_heard:
        assert (await collect(model, PASSAGES))[0].startswith("Das steht")
    else:
        with pytest.raises(WrongLanguage):
            await collect(model, PASSAGES)


async def noted(model, leave_after=None):
    attempts = []
    spoken = NotedChatModel(model, name="large", note=attempts.append)
    try:
        heard = 0
        stream = spoken.stream([Message("user", "x" * 400)], max_tokens=9, temperature=0)
        async for _ in stream:
            heard += 1
            if heard == leave_after:
                await stream.aclose()
    except Exception:  # noqa: BLE001, S110 - what was noted is looked at
        pass
    return attempts[0]


async def test_what_is_noted_of_an_answer(misbehaving):
    attempt = await noted(chat(misbehaving, "mock-ttft50-itl10-len6", Patience()))
    assert (attempt.name, attempt.model, attempt.ended) == ("large", "mock-ttft50-itl10-len6", "answered")
    assert 45 < attempt.first_token_ms < attempt.ms
    assert (attempt.prompt_tokens, attempt.completion_tokens, attempt.estimated) == (1, 6, False)


async def test_what_is_noted_of_a_failure(misbehaving):
    refused = await noted(chat(misbehaving, "mock-500"))
    assert (refused.ended, refused.first_token_ms, refused.completion_tokens) == ("Unavailable", None, 0)
    assert "SECRET" not in refused.message
    cut = await noted(chat(misbehaving, "mock-cut4"))
    assert (cut.ended, cut.completion_tokens, cut.estimated) == ("Unavailable", 6, True)
    assert cut.prompt_tokens > 100, "half a reply has to be paid for"
    open_circuit = await noted(ScriptedChatModel([CircuitOpen("left alone")]))
    assert (open_circuit.ended, open_circuit.prompt_tokens) == ("CircuitOpen", 0)


async def test_what_is_noted_when_the_reader_leaves(misbehaving):
    left = await noted(chat(misbehaving, "mock-itl10-len50"), leave_after=3)
    assert (left.ended, left.estimated) == ("stopped", True)
    cancelled = asyncio.create_task(noted(chat(misbehaving, "mock-hang")))
    await asyncio.sleep(0.1)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
