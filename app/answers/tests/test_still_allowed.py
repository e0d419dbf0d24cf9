"""A change of rights holds at once: in an open stream, in what is given again, and in the next question."""

import asyncio

import pytest
from django.contrib.auth.models import Group

from app.accounts.ending import close_account
from app.answers.asking import ask as put
from app.answers.draft import Draft
from app.answers.events import Done, Restart, Token
from app.answers.models import Answer, Outcome
from app.answers.running import listen
from app.answers.shown import WITHHELD, shown_answer
from app.answers.still_allowed import CHANGED, RightsLost, while_allowed
from app.answers.tests.asked import asked, library, person
from app.corpus.access import reader_for
from app.corpus.models import Document
from app.providers import registry
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.telemetry.threads import in_thread
from ingestion.sources import change_source

pytestmark = pytest.mark.django_db(transaction=True)
BUDGET = "How large is the marketing budget for 2026?"


@pytest.fixture(scope="module")
def server():
    with MisbehavingServer() as server:
        yield server


@pytest.fixture
def slow(settings, server):
    """A model that writes for some seconds."""
    settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = server.url, "mock-cite-itl120", "key"
    settings.ATTEST_REUSE = "off"
    registry.forget()
    yield
    registry.forget()


def leave_the_group(user, sources):
    user.groups.clear()


def close_the_source(user, sources):
    change_source(sources["closed"], actor=None, group_ids=[])


def close_the_account(user, sources):
    close_account(user, actor=None, why="test")


async def heard_while(question, user, act, sources):
    """What is on the screen at the end of a stream in which `act` happens after its first words."""
    reader, shown, acted = await in_thread(reader_for, user), "", False
    async for event in listen(question.pk, reader):
        if isinstance(event, Token):
            shown += event.text
            if not acted:
                acted = True
                await in_thread(act, user, sources)
        if isinstance(event, Restart):
            shown = ""
        if isinstance(event, Done):
            return shown, await in_thread(Answer.objects.get, pk=event.answer_id)
    raise AssertionError("no end")


@pytest.mark.timed
@pytest.mark.parametrize("act", [leave_the_group, close_the_source])
def test_a_right_that_is_lost_while_an_answer_is_written_ends_it_and_withdraws_it(slow, act):
    sources, user = library(), person("fay@example.com", "finance")
    shown, answer = asyncio.run(heard_while(put(user, BUDGET), user, act, sources))
    assert shown == ""
    assert (answer.outcome, answer.text, answer.notice) == (Outcome.REFUSED, "", CHANGED)
    assert not answer.citations.exists()
    assert not answer.evidence.exists()


@pytest.mark.timed
def test_an_account_that_is_closed_hears_no_more(slow):
    sources, user = library(), person("fay@example.com", "finance")
    _, answer = asyncio.run(heard_while(put(user, BUDGET), user, close_the_account, sources))
    assert "480,000" not in shown_answer(answer, reader_for(user)).text or answer.outcome == Outcome.REFUSED


@pytest.mark.timed
def test_an_answer_whose_rights_stay_is_written_to_its_end(slow):
    sources, user = library(), person("fay@example.com", "finance")
    shown, answer = asyncio.run(heard_while(put(user, BUDGET), user, lambda user, sources: None, sources))
    assert "480,000" in shown
    assert answer.outcome in {Outcome.ANSWERED, Outcome.CAVEAT}


def test_what_is_kept_is_withheld_and_the_next_question_finds_nothing():
    library()
    user = person("fay@example.com", "finance")
    answer, _ = asked(user, BUDGET)
    assert "480,000" in shown_answer(answer, reader_for(user)).text
    user.groups.clear()
    assert shown_answer(answer, reader_for(user)).text == WITHHELD
    again, _ = asked(user, BUDGET)
    assert "480,000" not in again.text


def test_an_answer_is_not_given_again_to_somebody_who_lost_the_right(settings, server):
    settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = server.url, "mock-cite", "key"
    registry.forget()
    try:
        library()
        user, other = person("fay@example.com", "finance"), person("gus@example.com", "finance")
        first, _ = asked(user, BUDGET)
        same, _ = asked(other, BUDGET)
        assert same.reused_from_id == first.pk, "the cache works at all"
        other.groups.clear()
        after, _ = asked(other, BUDGET)
        assert after.reused_from_id is None
        assert "480,000" not in after.text
    finally:
        registry.forget()


async def test_rights_are_looked_up_again_only_now_and_then(monkeypatch):
    from app.answers import still_allowed

    looks = []
    monkeypatch.setattr(still_allowed, "may_still_read", lambda draft: looks.append(draft) or len(looks) < 2)
    monkeypatch.setattr(still_allowed, "LOOK_EVERY_S", 0.05)

    async def words():
        for number in range(100):
            yield Token(str(number))
            await asyncio.sleep(0.01)

    heard = []

    async def listen():
        async for event in while_allowed(Draft(question_id=1, question="x", reader=None), words()):
            heard.append(event)

    with pytest.raises(RightsLost):
        await listen()
    assert isinstance(heard[-1], Restart)
    assert 5 <= len(heard) < 40


def test_the_groups_of_now_count_not_those_the_question_began_with():
    from app.answers.still_allowed import may_still_read

    library()
    user = person("fay@example.com", "finance")
    began_with = reader_for(user)
    document = Document.objects.get(external_id="budget.md")
    draft = Draft(question_id=1, question="x", reader=began_with)
    draft.passages = [type("Found", (), {"document_id": document.pk})()]
    assert may_still_read(draft)
    user.groups.clear()
    assert not may_still_read(draft)
    user.groups.add(Group.objects.get(name="finance"))
    user.is_active = False
    user.save()
    assert not may_still_read(draft)
