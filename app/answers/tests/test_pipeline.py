import asyncio
import json
import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from app.answers import chat, pipeline, recording
from app.answers.asking import MAX_QUESTION_CHARACTERS, QuestionError, ask
from app.answers.events import Done, Restart, Step
from app.answers.models import Answer, Outcome
from app.answers.running import AlreadyRunning, listen
from app.answers.shown import shown_answer
from app.answers.tasks import end_lost_answers
from app.answers.tests.asked import add, asked, library, person, streamed
from app.corpus.access import reader_for
from app.corpus.models import Document
from app.providers.errors import Timeout, Unavailable
from app.providers.testing import ScriptedChatModel
from ingestion.pipeline import ingest_document
from ingestion.sources import change_source, remove_document, upload_document

pytestmark = pytest.mark.django_db(transaction=True)
HOTELS = "How much may a hotel cost a night?"
BUDGET = "How high is the marketing budget for 2026?"


@pytest.fixture
def sources():
    return library()


@pytest.fixture
def model(monkeypatch, settings):
    """Lets a test say what the language model does: text, or an error, one script a call."""

    def use(*script):
        scripted = ScriptedChatModel(script)
        settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:9/v1", "scripted"
        monkeypatch.setattr(chat, "protected", lambda named, **rest: scripted)
        return scripted

    return use


def test_a_quoted_answer_gives_the_words_of_the_document_and_their_place(sources):
    answer, events = asked(person("charlie@example.com"), HOTELS)
    citation = answer.citations.get(marker=1)
    assert answer.outcome == Outcome.ANSWERED
    assert "140 euros" in answer.text
    assert "[1]" in answer.text
    assert citation.evidence.document.external_id == "travel.md"
    assert "140 euros" in citation.evidence.version.text[citation.start : citation.end]
    assert isinstance(events[-1], Done)
    assert [event.name for event in events if isinstance(event, Step)][:3] == ["guard", "rewrite", "retrieve"]
    assert streamed(events) == answer.text


def test_who_may_not_read_the_document_is_told_that_nothing_was_found(sources):
    member, outsider = person("alice@example.com", "finance"), person("charlie@example.com")
    assert "480,000" in asked(member, BUDGET)[0].text
    answer, events = asked(outsider, BUDGET)
    assert answer.outcome == Outcome.NOT_FOUND
    assert answer.text == streamed(events) == ""
    assert not answer.evidence.filter(document__external_id="budget.md").exists()


def test_what_no_document_says_is_not_found(sources):
    assert asked(person("charlie@example.com"), "How tall is the Eiffel tower?")[0].outcome == Outcome.NOT_FOUND


def test_an_empty_library_finds_nothing(db):
    assert asked(person("charlie@example.com"), HOTELS)[0].outcome == Outcome.NOT_FOUND


def test_a_day_that_only_a_closed_document_mentions_is_not_answered_from_open_ones():
    sources = library()
    release = "# Pump link 4.2\n\nPump link 4.2 mends the outages of spring. Update by 30 June."
    incident = "# Incident\n\nThe pump link outage of 14 August came of an expired certificate."
    add(sources["open"], "release.md", release)
    add(sources["closed"], "incident.md", incident)
    question = "What caused the pump link outage of 14 August?"
    assert "expired certificate" in asked(person("ada@example.com", "finance"), question)[0].text
    assert asked(person("charlie@example.com"), question)[0].outcome == Outcome.NOT_FOUND


def test_a_follow_up_is_understood_from_its_conversation(sources):
    user = person("charlie@example.com")
    first, _ = asked(user, "In which class are trains booked?")
    answer, _ = asked(user, "and for long journeys?", first.question.conversation)
    assert "class" in answer.question.standalone
    assert "long journeys" in answer.question.standalone
    assert "first class" in answer.text


def test_a_model_answer_is_numbered_by_first_citation_also_when_markers_are_split(sources, model):
    model("Hotels cost up to 140 euros a night ", "[", "1", "]", ". Never mind [", "9]", " the rest of it.")
    answer, events = asked(person("charlie@example.com"), HOTELS)
    assert answer.outcome == Outcome.ANSWERED
    assert answer.mode == Answer.Mode.MODEL
    assert streamed(events) == "Hotels cost up to 140 euros a night [1]. Never mind  the rest of it."
    # What no passage supports is taken out once the whole is there.
    assert answer.text == "Hotels cost up to 140 euros a night [1]."
    assert "140 euros" in answer.citations.get().quote
    assert (answer.prompt_tokens, answer.model) == (10, "scripted")
    assert answer.prompt_version.startswith("answer@")


def test_the_model_says_that_nothing_was_found(sources, model):
    model("NOT", "_FOUND")
    answer, events = asked(person("charlie@example.com"), HOTELS)
    assert answer.outcome == Outcome.NOT_FOUND
    assert streamed(events) == ""


@pytest.mark.parametrize("error", [Unavailable("down"), Timeout("slow")])
def test_a_model_that_is_down_ends_in_the_quoted_answer(sources, model, error):
    model(error)
    answer, events = asked(person("charlie@example.com"), HOTELS)
    assert answer.outcome == Outcome.DEGRADED
    assert answer.mode == Answer.Mode.EXTRACTIVE
    assert "140 euros" in answer.text
    assert "not available" in answer.notice
    assert not any(isinstance(event, Restart) for event in events)


def test_a_model_that_dies_midway_is_replaced_by_the_quoted_answer(sources, model):
    model("Hotels may cost ", "9,999 euros [1]", Unavailable("cut"))
    answer, events = asked(person("charlie@example.com"), HOTELS)
    assert answer.outcome == Outcome.DEGRADED
    assert "9,999" not in answer.text
    assert any(isinstance(event, Restart) for event in events)


@pytest.mark.parametrize("said", ["Hotels may cost 9,999 euros.", "Hotels may cost 9,999 euros [7]."])
def test_an_answer_without_a_real_source_is_not_shown(sources, model, said):
    model(said)
    answer, _ = asked(person("charlie@example.com"), HOTELS)
    assert answer.outcome == Outcome.DEGRADED
    assert "9,999" not in answer.text
    assert "named no source" in answer.notice


def test_sentences_without_a_source_are_given_theirs_or_left_out(sources, model):
    model("Hotels cost up to 140 euros a night. Gold costs 9,999 euros.")
    answer, _ = asked(person("charlie@example.com"), HOTELS)
    assert (answer.outcome, answer.mode) == (Outcome.ANSWERED, Answer.Mode.MODEL)
    assert answer.text == "Hotels cost up to 140 euros a night [1]."
    assert "140 euros" in answer.citations.get().quote


def test_the_model_is_given_only_what_the_reader_may_read_inside_a_frame(sources, model):
    scripted = model("NOT_FOUND")
    asked(person("charlie@example.com"), BUDGET)
    told = scripted.conversations[0]
    assert "480,000" not in "".join(message.content for message in told)
    frame = told[0].content.split("frame word ")[1].split(".")[0]
    assert told[-1].content.count(f"{frame} end of") >= 1


def test_anything_unforeseen_is_a_failed_answer_with_a_row(sources, monkeypatch):
    def broken(draft):
        raise ZeroDivisionError

    monkeypatch.setattr(pipeline, "generate", broken)
    answer, events = asked(person("charlie@example.com"), HOTELS)
    assert (answer.outcome, answer.error) == (Outcome.FAILED, "ZeroDivisionError")
    assert isinstance(events[-1], Done)


def test_a_browser_that_leaves_does_not_stop_the_answer(sources):
    user = person("charlie@example.com")
    question = ask(user, HOTELS)
    reader = reader_for(user)

    async def leave_early() -> None:
        events = listen(question.pk, reader)
        await anext(events)
        await events.aclose()
        for _ in range(200):
            if await Answer.objects.filter(question=question).exclude(outcome="").aexists():
                return
            await asyncio.sleep(0.05)

    asyncio.run(leave_early())
    assert Answer.objects.get(question=question).outcome == Outcome.ANSWERED


def test_a_question_is_answered_once(sources):
    user = person("charlie@example.com")
    answer, _ = asked(user, HOTELS)

    async def again() -> None:
        async for _ in listen(answer.question_id, reader_for_user):
            pass

    reader_for_user = reader_for(user)
    with pytest.raises(AlreadyRunning):
        asyncio.run(again())
    assert Answer.objects.filter(question=answer.question).count() == 1


def test_an_answer_whose_process_died_is_ended(sources):
    question = ask(person("charlie@example.com"), HOTELS)
    Answer.objects.update(started_at=timezone.now() - timedelta(hours=1))
    end_lost_answers()
    assert Answer.objects.get(question=question).outcome == Outcome.FAILED


def test_an_old_answer_is_withheld_when_its_reader_loses_the_right(sources):
    member = person("alice@example.com", "finance")
    answer, _ = asked(member, BUDGET)
    assert "480,000" in shown_answer(answer, reader_for(member)).text
    change_source(sources["closed"], actor=None, everyone=False, group_ids=[])
    shown = shown_answer(answer, reader_for(member))
    assert shown.is_withheld
    assert "480,000" not in shown.text
    assert shown.citations == ()


def test_an_old_answer_is_withheld_when_its_document_is_removed(sources):
    user = person("charlie@example.com")
    answer, _ = asked(user, HOTELS)
    remove_document(Document.objects.get(external_id="travel.md"), actor=None)
    assert shown_answer(Answer.objects.get(pk=answer.pk), reader_for(user)).is_withheld


def test_an_old_answer_still_shows_what_it_quoted_when_the_document_changed(sources):
    user = person("charlie@example.com")
    answer, _ = asked(user, HOTELS)
    upload = upload_document(
        sources["open"], actor=None, name="travel.md", data=b"# Travel\n\nHotels may cost 99 euros."
    )
    ingest_document(upload.pk)
    citation = shown_answer(Answer.objects.get(pk=answer.pk), reader_for(user)).citations[0]
    assert not citation.is_current
    assert "140 euros" in citation.quote


def test_a_stale_source_is_a_caveat_that_names_it(sources):
    Document.objects.filter(external_id="travel.md").update(valid_until=timezone.now().date() - timedelta(days=40))
    answer, _ = asked(person("charlie@example.com"), HOTELS)
    assert answer.outcome == Outcome.CAVEAT
    assert "past its review date" in answer.notice


def test_sources_that_give_different_figures_are_both_shown(sources):
    add(
        sources["open"],
        "travel-old.md",
        "# Old travel policy\n\nEmployees may book a hotel for up to 110 euros a night.",
    )
    answer, _ = asked(person("charlie@example.com"), HOTELS)
    assert answer.outcome == Outcome.CONFLICT
    assert "140 euros" in answer.text
    assert "110 euros" in answer.text
    assert "differ" in answer.notice


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (MAX_QUESTION_CHARACTERS + 1)])
def test_a_question_that_cannot_be_asked_says_why(text):
    with pytest.raises(QuestionError, match=r"\.$"):
        ask(person("charlie@example.com"), text)


def test_no_log_line_carries_the_question_its_asker_or_a_passage(sources, caplog):
    caplog.set_level(logging.DEBUG)
    asked(person("charlie@example.com"), HOTELS)
    lines = json.dumps([str(record.msg) + record.getMessage() for record in caplog.records])
    assert "answer_recorded" in lines
    for secret in ("hotel", "charlie@", "140 euros"):
        assert secret not in lines


def test_a_model_answer_is_withheld_when_anything_it_was_shown_is_closed(sources, model):
    model("Bring gloves [1].")
    member = person("alice@example.com", "finance")
    answer, _ = asked(member, "What does the garden club say about the marketing budget?")
    assert answer.evidence.filter(document__external_id="budget.md").exists()
    change_source(sources["closed"], actor=None, everyone=False, group_ids=[])
    assert shown_answer(Answer.objects.get(pk=answer.pk), reader_for(member)).is_withheld


def test_what_no_database_takes_is_left_out_of_a_model_answer(sources, model):
    model("Hotels cost\x00 140 \ud83d euros [1].")
    answer, _ = asked(person("charlie@example.com"), HOTELS)
    assert answer.outcome == Outcome.ANSWERED
    assert answer.text == "Hotels cost 140  euros [1]."


def test_a_draft_that_cannot_be_stored_is_a_failed_answer(sources, monkeypatch):
    real = recording.record

    def picky(draft):
        if draft.text:
            raise ValueError
        return real(draft)

    monkeypatch.setattr(recording, "record", picky)
    answer, events = asked(person("charlie@example.com"), HOTELS)
    assert (answer.outcome, answer.error) == (Outcome.FAILED, "ValueError")
    assert isinstance(events[-1], Done)


def test_brackets_of_a_document_are_not_our_citations(sources):
    text = "# Boats\n\nA boat may be hired for 30 euros an hour, as note [2] of the harbour says."
    add(sources["open"], "boats.md", text)
    user = person("charlie@example.com")
    answer, _ = asked(user, "For how many euros an hour may a boat be hired?")
    shown = shown_answer(answer, reader_for(user))
    assert "note [" in answer.text
    assert [part.marker for part in shown.segments if not isinstance(part, str)].count(1) >= 1
    assert "2" in "".join(part for part in shown.segments if isinstance(part, str))
