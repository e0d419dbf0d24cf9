"""An asker stops an answer: soon, wherever it is written, and what was written until then is kept and checked."""

import asyncio
import time

import pytest

from app.answers.asking import ask as put
from app.answers.draft import Draft
from app.answers.events import Done, Token
from app.answers.models import Answer, Outcome
from app.answers.running import listen
from app.answers.stopping import STOPPED, STOPPED_TOO_EARLY, StoppableChatModel, ask_to_stop
from app.answers.tests.asked import asked, library, person
from app.corpus.access import Reader, reader_for
from app.providers import registry
from app.providers.errors import Unavailable
from app.providers.testing import ScriptedChatModel
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.providers.types import Delta, Finished, Message
from app.telemetry.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)
HOTELS = "How much may a hotel cost a night?"


class WaitingModel:
    """Says a word every so often until it is hung up on; remembers that it was."""

    name = "waiting"

    def __init__(self, first_s: float, between_s: float) -> None:
        self.first_s, self.between_s, self.was_closed = first_s, between_s, False

    async def stream(self, messages, *, max_tokens, temperature):
        try:
            await asyncio.sleep(self.first_s)
            for word in range(10_000):
                yield Delta(f"{word} ")
                await asyncio.sleep(self.between_s)
        finally:
            self.was_closed = True


@pytest.fixture
def question():
    library()
    return put(person("charlie@example.com"), HOTELS)


async def spoken(model, question, stop_after_s=None):
    draft = Draft(question_id=question.pk, question=question.text, reader=Reader())
    stoppable = StoppableChatModel(model, draft)
    stopping = asyncio.create_task(stop_after(question, stop_after_s)) if stop_after_s is not None else None
    began = time.monotonic()
    parts = [part async for part in stoppable.stream([Message("user", "x" * 40)], max_tokens=9, temperature=0)]
    took = time.monotonic() - began
    if stopping is not None:
        await stopping
    return draft, parts, took


async def stop_after(question, seconds):
    await asyncio.sleep(seconds)
    await in_thread(ask_to_stop, question.pk)


async def test_a_model_nobody_stops_is_passed_on_unchanged(question):
    draft, parts, _ = await spoken(ScriptedChatModel(("a", "b")), question)
    assert parts == [Delta("a"), Delta("b"), Finished(10, 2, "stop")]
    assert not draft.stopped


@pytest.mark.parametrize(("first_s", "between_s"), [(60, 0), (0, 60), (0, 0.01)])
async def test_a_stop_is_heard_within_a_second_wherever_the_model_waits(question, first_s, between_s):
    model = WaitingModel(first_s, between_s)
    draft, parts, took = await spoken(model, question, stop_after_s=0.2)
    assert took < 1.2
    assert draft.stopped
    assert model.was_closed
    assert (parts[-1].reason, parts[-1].estimated) == ("stopped", True)
    written = sum(len(part.text) for part in parts[:-1])
    assert parts[-1].completion_tokens == written // 4


async def test_who_stopped_before_the_model_was_asked_costs_no_call(question):
    await in_thread(ask_to_stop, question.pk)
    model = ScriptedChatModel(("a",))
    draft, parts, _ = await spoken(model, question)
    assert model.conversations == []
    assert (draft.stopped, parts) == (True, [Finished(0, 0, "stopped", estimated=True)])


async def test_a_failing_model_fails_as_before(question):
    with pytest.raises(Unavailable):
        await spoken(ScriptedChatModel(("a", Unavailable("cut"))), question)


async def test_a_listener_who_leaves_hangs_up_on_the_model(question):
    model = WaitingModel(0, 0.01)
    draft = Draft(question_id=question.pk, question=question.text, reader=Reader())
    stream = StoppableChatModel(model, draft).stream([], max_tokens=9, temperature=0)
    await anext(stream)
    await stream.aclose()
    assert model.was_closed


@pytest.fixture(scope="module")
def server():
    with MisbehavingServer() as server:
        yield server


@pytest.fixture
def use(settings, server):
    def use(name):
        settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = server.url, name, "key"
        settings.ATTEST_REUSE = "off"
        registry.forget()

    yield use
    registry.forget()


async def stopped_after(question, user, words):
    """The question's answer, stopped once so many pieces of it have come."""
    reader = await in_thread(reader_for, user)
    heard, stopped_at = 0, None
    async for event in listen(question.pk, reader):
        heard += isinstance(event, Token)
        if heard >= words and stopped_at is None:
            stopped_at = time.monotonic()
            await in_thread(ask_to_stop, question.pk)
        if isinstance(event, Done):
            return await in_thread(Answer.objects.get, pk=event.answer_id), time.monotonic() - (stopped_at or 0)
    raise AssertionError("no end")


def test_what_was_written_with_a_source_is_kept_and_said_to_be_stopped(use):
    library()
    user = person("charlie@example.com")
    use("mock-cite-itl120")
    question = "How much may a hotel cost a night, and when does the garden club meet?"
    answer, took = asyncio.run(stopped_after(put(user, question), user, 15))
    assert took < 2
    assert answer.outcome in {Outcome.ANSWERED, Outcome.CAVEAT}
    assert answer.notice.startswith(STOPPED)
    assert "Thursdays behind the assembly hall [1]" in answer.text
    assert answer.context["stopped"] is True
    assert answer.citations.count() >= 1


def test_what_named_no_source_yet_is_not_shown(use):
    library()
    user = person("charlie@example.com")
    use("mock-cite-itl200")
    answer, _ = asyncio.run(stopped_after(put(user, HOTELS), user, 2))
    assert (answer.outcome, answer.text, answer.notice) == (Outcome.REFUSED, "", STOPPED_TOO_EARLY)


def test_a_stop_after_the_end_changes_nothing(use):
    library()
    use("mock-cite")
    answer, _ = asked(person("charlie@example.com"), HOTELS)
    ask_to_stop(answer.question_id)
    answer.refresh_from_db()
    assert answer.stop_asked_at is None
    assert answer.outcome == Outcome.ANSWERED
