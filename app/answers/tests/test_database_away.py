"""The database goes away in the middle of an answer: the connections that break here break for real."""

import asyncio

import pytest
from django.db import OperationalError, connection

from app.answers import pipeline
from app.answers.asking import ask
from app.answers.database_away import CUT_OFF, LATE_EVERY_S, later
from app.answers.events import Done, Step
from app.answers.models import Answer, Outcome
from app.answers.recording import recorded
from app.answers.reply import FAILED, reply
from app.answers.steps.begin import begin
from app.answers.steps.record import record
from app.answers.tests.asked import asked, library, person
from app.corpus.access import reader_for
from app.providers import registry
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.telemetry.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)
HOTELS = "How much may a hotel cost a night?"


@pytest.fixture
def charlie():
    library()
    return person("charlie@example.com")


@pytest.fixture
def model(settings):
    with MisbehavingServer() as server:
        settings.LLM_BASE_URL, settings.LLM_MODEL, settings.ATTEST_REUSE = server.url, "mock-cite", "off"
        registry.forget()
        yield server
    registry.forget()


def cut_connection() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def failing(act, times=1, *, afterwards=False):
    """The step, which loses its connection so many times: before it does anything, or when all is done."""
    left = [times]

    async def step(draft):
        if afterwards:
            await act(draft)
        if left[0]:
            left[0] -= 1
            await in_thread(cut_connection)
        if not afterwards:
            await act(draft)

    return step


def before_writing(monkeypatch, name, wrap):
    steps = tuple((each, wrap(act) if each == name else act) for each, act in pipeline.BEFORE_WRITING)
    monkeypatch.setattr(pipeline, "BEFORE_WRITING", steps)


def names(events):
    return [event.name for event in events if isinstance(event, Step)]


def test_a_step_is_taken_again_once_the_database_is_back(charlie, monkeypatch):
    before_writing(monkeypatch, "retrieve", failing)
    answer, events = asked(charlie, HOTELS)
    assert answer.outcome == Outcome.ANSWERED
    assert "140 euros" in answer.text
    assert names(events)[2:5] == ["retrieve", "wait", "retrieve"]
    assert isinstance(events[-1], Done)


def test_what_a_step_changed_before_it_failed_is_undone(charlie, model, monkeypatch):
    undisturbed, _ = asked(charlie, HOTELS)
    monkeypatch.setattr(pipeline, "verify", failing(pipeline.verify, afterwards=True))
    answer, events = asked(charlie, HOTELS + " ")
    assert names(events).count("verify") == 2
    assert (answer.text, answer.notice, answer.outcome) == (undisturbed.text, "", Outcome.ANSWERED)
    assert answer.sentences.count() == undisturbed.sentences.count()
    assert len(answer.attempts) <= 1, "the model is not asked again for what it has written"


def test_a_step_that_fails_again_and_again_ends_the_answer_with_a_sentence(charlie, monkeypatch):
    before_writing(monkeypatch, "retrieve", lambda act: failing(act, times=100))
    answer, events = asked(charlie, HOTELS)
    assert (answer.outcome, answer.text, answer.notice) == (Outcome.FAILED, "", CUT_OFF)
    assert isinstance(events[-1], Done)


def test_without_patience_nobody_waits(charlie, monkeypatch, settings):
    settings.ATTEST_DATABASE_PATIENCE_S = 0
    before_writing(monkeypatch, "retrieve", failing)
    answer, _ = asked(charlie, HOTELS)
    assert (answer.outcome, answer.error) == (Outcome.FAILED, "OperationalError")


def test_a_question_whose_taking_fails_is_not_taken(charlie, monkeypatch):
    question = ask(charlie, HOTELS)
    monkeypatch.setattr("app.answers.steps.begin.load_active_prompts", cut_connection)
    with pytest.raises(OperationalError):
        begin(question.pk, reader_for(charlie))
    connection.close()
    assert Answer.objects.get(question=question).claimed_at is None


def test_a_draft_that_was_committed_before_the_connection_broke_is_not_written_twice(charlie):
    question = ask(charlie, HOTELS)
    draft = begin(question.pk, reader_for(charlie))
    asyncio.run(_passages_for(draft))
    first, again = record(draft), record(draft)
    assert first.pk == again.pk
    assert first.evidence.count() == len(draft.passages) > 0


async def _passages_for(draft):
    async for _ in pipeline.steps(draft):
        pass


def test_the_row_is_written_late_where_its_reader_was_told_already(charlie, monkeypatch):
    question = ask(charlie, HOTELS)
    draft = begin(question.pk, reader_for(charlie))
    monkeypatch.setattr("app.answers.database_away.LATE_EVERY_S", 0.05)

    class Spent:
        spent_on = OperationalError("away")

    async def run():
        with pytest.raises(OperationalError):
            await anext(recorded(draft, Spent()))
        await asyncio.sleep(1)

    asyncio.run(run())
    assert Answer.objects.get(question=question).outcome == Outcome.FAILED


def test_what_is_done_later_is_tried_until_the_database_is_back(monkeypatch):
    assert LATE_EVERY_S < 10
    monkeypatch.setattr("app.answers.database_away.LATE_EVERY_S", 0.01)
    tries = []

    def act(word):
        tries.append(word)
        if len(tries) < 3:
            raise OperationalError

    async def run():
        later("a test", act, "x")
        await asyncio.sleep(0.5)

    asyncio.run(run())
    assert tries == ["x", "x", "x"]


def test_a_program_is_told_of_a_failed_answer_in_a_sentence(charlie, monkeypatch):
    async def broken(draft):
        raise ValueError

    before_writing(monkeypatch, "retrieve", lambda act: broken)
    answer, _ = asked(charlie, HOTELS)
    assert reply(answer, reader_for(charlie)).notice == FAILED
