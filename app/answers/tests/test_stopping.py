"""An asker stops an answer: soon, wherever it is written, and what was written until then is kept and checked."""

import asyncio
import socket
import time

import pytest

from app.answers.asking import ask as put
from app.answers.draft import Draft
from app.answers.events import Done, Step, Token
from app.answers.models import Answer, Outcome
from app.answers.running import listen
from app.answers.stopping import STOPPED, STOPPED_TOO_EARLY, StoppableChatModel, ask_to_stop
from app.answers.tests.asked import asked, library, person
from app.corpus.access import Reader, reader_for
from app.providers import registry
from app.providers.errors import Unavailable
from app.providers.named_models import NamedModel, read_models
from app.providers.testing import ScriptedChatModel
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.providers.types import Delta, Finished, Message
from app.telemetry.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)
HOTELS = "How much may a hotel cost a night?"
SOON_S = 1.6


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
    draft, (*words, end), _ = await spoken(ScriptedChatModel(("a", "b")), question)
    assert "".join(part.text for part in words) == "ab"
    assert end == Finished(10, 2, "stop")
    assert not draft.stopped


@pytest.mark.timed
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


@pytest.mark.timed
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


# Before the first word ------------------------------------------------------------------------------


@pytest.fixture
def silence():
    """An address where somebody listens and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


async def stopped_in(question, user, after_s):
    """The answer that is stopped after so long, how long it then took to end, and the steps that were begun."""
    reader = await in_thread(reader_for, user)
    stopping, begun, began = asyncio.create_task(stop_after(question, after_s)), [], time.monotonic()
    async for event in listen(question.pk, reader):
        begun += [event.name] if isinstance(event, Step) else []
        if isinstance(event, Done):
            took = time.monotonic() - began - after_s
            await stopping
            return await in_thread(Answer.objects.get, pk=event.answer_id), took, begun
    raise AssertionError("no end")


def ends_at_once(question, user, after_s=0.5):
    answer, took, begun = asyncio.run(stopped_in(question, user, after_s))
    assert 0 < took < SOON_S
    assert (answer.outcome, answer.text, answer.notice) == (Outcome.REFUSED, "", STOPPED_TOO_EARLY)
    assert answer.context["stopped"] is True
    return answer, begun


@pytest.mark.parametrize(("policy", "step"), [("refuse", "guard"), ("off", "retrieve")])
def test_a_stop_is_heard_while_the_encoder_is_waited_for(settings, silence, policy, step):
    library()
    settings.ATTEST_ENCODER_MODEL, settings.ATTEST_ENCODER_DIMENSIONS = registry.get_encoder().name, 384
    settings.ATTEST_ENCODER_BASE_URL, settings.ATTEST_ENCODER_TIMEOUT_S = silence, 20
    settings.ATTEST_INJECTION_POLICY = policy
    registry.forget()
    user = person("charlie@example.com")
    answer, begun = ends_at_once(put(user, HOTELS), user)
    assert begun[-1] == step
    assert answer.evidence.count() == 0


def test_a_stop_is_heard_while_the_question_is_being_understood(use):
    library()
    user = person("charlie@example.com")
    use("mock-cite")
    earlier, _ = asked(user, HOTELS)
    use("mock-hang")
    answer, begun = ends_at_once(put(user, "And in what class?", earlier.question.conversation), user)
    assert begun[-1] == "rewrite"
    assert [call["task"] for call in answer.attempts] == ["rewrite"]


def beside(settings, server, model, **routes):
    """A second model, named "other", beside the default one."""
    lines = [f'[models.other]\nbase_url = "{server.url}"\nmodel = "{model}"', "[routes]"]
    lines += [f"{route} = {names}" for route, names in routes.items()]
    usual = NamedModel("", "", "")
    settings.ATTEST_MODELS = read_models("\n".join(lines), usual, has_default=True, secret=lambda _: "")
    registry.forget()


@pytest.mark.parametrize(
    ("first", "then"),
    [("mock-hang", ""), ("mock-cite-ttft20000", ""), ("mock-500-retryafter6", ""), ("mock-500", "mock-hang")],
    ids=["silent", "thinking", "between two tries", "with the next model"],
)
def test_a_stop_is_heard_while_no_model_says_anything(use, settings, server, first, then):
    library()
    use(first)
    if then:
        beside(settings, server, then, answer=["default", "other"])
    user = person("charlie@example.com")
    _, begun = ends_at_once(put(user, HOTELS), user, after_s=1.5)
    assert begun[-2:] == ["generate", "verify"]


@pytest.mark.timed
def test_a_stop_while_a_second_reader_judges_ends_the_judging_and_keeps_the_answer(use, settings, server):
    library()
    use("mock-cite")
    settings.ATTEST_JUDGE = "all"
    beside(settings, server, "mock-hang", answer=["default"], judge=["other"])
    user = person("charlie@example.com")
    answer, took, begun = asyncio.run(stopped_in(put(user, HOTELS), user, 1.5))
    assert begun[-1] == "verify"
    assert 0 < took < SOON_S
    assert answer.outcome in {Outcome.ANSWERED, Outcome.CAVEAT}
    assert "140 euros" in answer.text
    assert not answer.notice.startswith(STOPPED)
