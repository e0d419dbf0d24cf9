"""Each way in which a question can end has its own look, its own words and its own next step."""

from datetime import timedelta

import pytest
from django.utils import timezone

from app.accounts.models import Role, User
from app.answers.models import (
    Answer,
    AnswerSentence,
    AnswerStep,
    Citation,
    CitationReport,
    Evidence,
    Outcome,
    Question,
)
from app.corpus.models import Document, Source
from app.tests.world import World, answered_question
from app.web.tests.conftest import Visitors

HTMX = {"HX-Request": "true"}
Verdict = AnswerSentence.Verdict


def page_of(visitors: Visitors, answer: Answer) -> str:
    return visitors.alice.get(f"/conversations/{answer.question.conversation_id}/").text


def change(answer: Answer, **fields: object) -> None:
    Answer.objects.filter(pk=answer.pk).update(**fields)


def close(source: Source) -> None:
    source.access_set.group_ids = []
    source.access_set.save()


def cite_handbook(world: World, marker: int = 2) -> Citation:
    """A second source for Alice's answer, of another document."""
    other = answered_question(world.alice, "And leave?", world.handbook).citations.get()
    evidence = other.evidence
    evidence.pk, evidence.answer, evidence.rank = None, world.answer, 2
    evidence.save()
    return Citation.objects.create(
        answer=world.answer, evidence=evidence, marker=marker, quote=other.quote, start=other.start, end=other.end
    )


def test_sources_that_disagree_stand_beside_each_other_with_their_dates(visitors: Visitors, world: World) -> None:
    cite_handbook(world)
    Document.objects.filter(pk=world.handbook.pk).update(modified_at=timezone.now() - timedelta(days=900))
    notice = "Sources differ: [1] Team budget; [2] Employee handbook. Check which one applies to you. Some is missing."
    change(world.answer, outcome=Outcome.CONFLICT, notice=notice)
    page = page_of(visitors, world.answer)
    sides = page.split('class="sides"')[1].split('class="sides-advice"')[0]
    assert sides.count('<section class="side"') == 2
    assert sides.count('<time datetime="') == 2
    assert sides.index("newer") < sides.index("Employee handbook")
    assert "Sources differ" not in page
    assert "Some is missing." in page


def test_nothing_found_says_what_was_searched_what_to_try_and_whom_to_ask(visitors: Visitors, world: World) -> None:
    Document.objects.filter(pk=world.document.pk).update(owner="Jo Fields")
    world.answer.citations.all().delete()
    change(world.answer, outcome=Outcome.NOT_FOUND, text="")
    page = page_of(visitors, world.answer)
    assert "None of the 2 documents you may read, in 2 sources, answers this." in page
    assert "/library/?in=text&amp;q=How%20much%20may%20the%20team%20spend%3F" in page
    assert "Ask Jo Fields" in page
    assert f'<a href="/documents/{world.document.pk}/">Team budget</a>' in page


def test_nothing_found_names_no_document_and_counts_none_that_was_closed(visitors: Visitors, world: World) -> None:
    Document.objects.filter(pk=world.document.pk).update(owner="Jo Fields")
    world.answer.citations.all().delete()
    change(world.answer, outcome=Outcome.NOT_FOUND, text="")
    close(world.team_source)
    page = page_of(visitors, world.answer)
    assert "The one document you may read does not answer this." in page
    assert "Jo Fields" not in page
    assert "Team budget" not in page


def test_a_failed_answer_offers_to_try_again(visitors: Visitors, world: World) -> None:
    change(world.answer, outcome=Outcome.FAILED, text="", error="Boom")
    page = page_of(visitors, world.answer)
    assert "Try again" in page
    assert "Boom" not in page


def test_a_stopped_answer_says_so(visitors: Visitors, world: World) -> None:
    change(world.answer, context={"stopped": True}, mode=Answer.Mode.MODEL)
    assert "Stopped by you" in page_of(visitors, world.answer)


def test_an_answer_given_before_says_when_and_can_be_asked_anew(visitors: Visitors, world: World) -> None:
    again = answered_question(world.alice, "What may the team spend?", world.document, reused_from=world.answer)
    change(world.answer, finished_at="2026-11-03T10:00:00Z")
    page = page_of(visitors, again)
    assert "Given before, on" in page
    assert "3 November 2026" in page
    fields = {"question": "What may the team spend?", "conversation": again.question.conversation_id, "fresh": "1"}
    visitors.alice.post("/", fields, headers=HTMX)
    assert Question.objects.latest("pk").filters == {"fresh": True}


def test_a_quoted_answer_and_a_written_one_are_told_apart(visitors: Visitors, world: World) -> None:
    assert "Quoted from your documents" in page_of(visitors, world.answer)
    change(world.answer, mode=Answer.Mode.MODEL, model="llama")
    assert "Written by llama" in page_of(visitors, world.answer)


def checked(answer: Answer, text: str, verdict: str, problems: list[dict[str, str]] | None = None) -> None:
    change(answer, mode=Answer.Mode.MODEL, text=text)
    AnswerSentence.objects.create(
        answer=answer, ordinal=0, start=0, end=text.index(".") + 1, verdict=verdict, support=0.4, markers=[1],
        problems=problems or [],
    )  # fmt: skip


def test_an_unsupported_sentence_is_marked_in_words_too(visitors: Visitors, world: World) -> None:
    text = "It is 25 euros. [1] Fine."
    checked(world.answer, text, Verdict.UNSUPPORTED, [{"kind": "number", "said": "25"}])
    page = page_of(visitors, world.answer)
    said = page.split('class="said said-bad"')[1].split("</p>")[0]
    assert "Careful: Not supported by [1] · 1 number not found: 25" in said
    assert 'data-chip aria-label="Source 1: Team budget. Not supported by [1]' in said
    assert "0 of 1 statements supported" in page


def test_a_supported_sentence_says_so_at_its_chip_and_has_no_mark(visitors: Visitors, world: World) -> None:
    checked(world.answer, "It is 480,000 euros. [1] Fine.", Verdict.SUPPORTED)
    page = page_of(visitors, world.answer)
    assert 'class="said said-good"' in page
    assert "data-said-mark" not in page
    assert "Source 1: Team budget. Supported by [1]" in page


def test_checks_of_a_withheld_answer_are_not_shown(visitors: Visitors, world: World) -> None:
    checked(world.answer, "Secret 81,925. [1]", Verdict.UNSUPPORTED, [{"kind": "number", "said": "81,925"}])
    close(world.team_source)
    page = page_of(visitors, world.answer)
    assert "No longer shown" in page
    assert "81,925" not in page.split('id="turns"')[1].split("composer-area")[0]


# Why this answer -----------------------------------------------------------------------------------


@pytest.fixture
def explained(world: World) -> Answer:
    """Alice's answer by a model, with a second passage that was left out, of another document."""
    citation = cite_handbook(world)
    Evidence.objects.filter(pk=citation.evidence_id).update(semantic=0.4242)
    citation.delete()
    AnswerStep.objects.create(answer=world.answer, ordinal=0, name="retrieve", took_ms=41.2)
    Question.objects.filter(pk=world.question.pk).update(standalone="How much may the team spend in 2026?")
    attempt = {
        "name": "main",
        "model": "llama",
        "task": "answer",
        "ended": "Timeout",
        "message": "too slow",
        "ms": 900.0,
    }
    change(
        world.answer, mode=Answer.Mode.MODEL, model="llama", prompt_version="answer@1234", prompt_tokens=1200,
        completion_tokens=34, cost_usd="0.0123", attempts=[attempt], flags=[{"kind": "direct_injection", "score": 0.2}],
        context={"left_out": [{"chunk_id": citation.evidence.chunk_id, "reason": "weak"}]},
    )  # fmt: skip
    return world.answer


def why(visitors: Visitors, answer: Answer, who: str = "alice") -> str:
    return getattr(visitors, who).get(f"/answers/{answer.pk}/why/", headers=HTMX).text


def test_its_asker_sees_steps_passages_and_what_was_left_out(visitors: Visitors, explained: Answer) -> None:
    part = why(visitors, explained)
    assert "Searching the documents you may read" in part
    assert "41 ms" in part
    assert "How much may the team spend in 2026?" in part
    assert "Too far from the question" in part
    assert "Employee handbook" in part
    for inner in ("answer@1234", "0.42", "too slow", "0.0123", "direct injection"):
        assert inner not in part


@pytest.mark.parametrize("role", [Role.ADMIN, Role.REVIEWER, Role.OPERATOR])
def test_who_runs_or_judges_the_product_sees_scores_attempts_and_cost(
    visitors: Visitors, world: World, explained: Answer, role: Role
) -> None:
    User.objects.filter(pk=world.alice.pk).update(roles=[role])
    part = why(visitors, explained)
    for inner in ("answer@1234", "0.42", "too slow", "0.0123", "1,200 read, 34 written", "direct injection"):
        assert inner in part


def test_a_passage_that_may_no_longer_be_read_is_not_named(visitors: Visitors, world: World, explained: Answer) -> None:
    User.objects.filter(pk=world.alice.pk).update(roles=[Role.ADMIN])
    close(world.team_source)
    part = why(visitors, explained)
    assert "A passage you may no longer read" in part
    assert "Team budget" not in part
    assert f"/documents/{world.document.pk}/" not in part
    assert "in 2026" not in part  # the rewritten question goes with the withheld answer


def test_the_panel_is_a_page_of_its_own_without_scripts(visitors: Visitors, explained: Answer) -> None:
    page = visitors.alice.get(f"/answers/{explained.pk}/why/").text
    assert "<h1>Why this answer</h1>" in page


# Wrong citations -----------------------------------------------------------------------------------


def test_a_wrong_citation_is_reported_and_taken_back(visitors: Visitors, world: World) -> None:
    address = f"/citations/{world.citation.pk}/report/"
    assert "480,000 euros" in visitors.alice.get(address).text
    part = visitors.alice.post(address, {"comment": "It says 48,000."}, headers=HTMX).text
    assert "Reported" in part
    assert CitationReport.objects.get(citation=world.citation).comment == "It says 48,000."
    visitors.alice.post(address, {"comment": "It says 4,800."}, headers=HTMX)
    assert CitationReport.objects.get(citation=world.citation).comment == "It says 4,800."
    part = visitors.alice.post(f"{address}undo/", headers=HTMX).text
    assert "Reported" not in part
    assert not CitationReport.objects.exists()


def test_a_citation_that_is_withheld_cannot_be_looked_at_by_reporting_it(visitors: Visitors, world: World) -> None:
    close(world.team_source)
    assert visitors.alice.get(f"/citations/{world.citation.pk}/report/").status_code == 404


# Filters -------------------------------------------------------------------------------------------


def test_filters_are_kept_with_the_question_shown_and_remembered(visitors: Visitors, world: World) -> None:
    fields = {"question": "May I fly?", "source": str(world.team_source.pk), "changed_since": "2026-01-31"}
    part = visitors.alice.post("/", fields, headers=HTMX).text
    question = Question.objects.get(text="May I fly?")
    assert question.filters == {"sources": [world.team_source.pk], "changed_since": "2026-01-31"}
    assert "changed since 31 January 2026" in part
    page = visitors.alice.get(f"/conversations/{question.conversation_id}/").text
    box = page.split('id="composer"')[1].split("</form>")[0]
    assert f'value="{world.team_source.pk}" data-filter="Team files" checked' in " ".join(box.split())
    assert 'value="2026-01-31"' in box
    assert f'data-unfilter="{world.team_source.pk}"' in box


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("source", "closed", "you may not read it"),
        ("source", "999999", "you may not read it"),
        ("source", "x", "Choose sources from the list"),
        ("source", "9" * 40, "Choose sources from the list"),
        ("changed_since", "2999-01-01", "not in the future"),
        ("changed_since", "2026-02-31", "such as 2026-01-31"),
        ("changed_since", "soon", "such as 2026-01-31"),
    ],
)
def test_filters_that_cannot_be_used_are_refused_beside_the_box(
    visitors: Visitors, world: World, field: str, value: str, words: str
) -> None:
    value = str(world.team_source.pk) if value == "closed" else value
    reply = visitors.charlie.post("/", {"question": "May I fly?", field: value}, headers=HTMX)
    assert words in reply.text
    assert not Question.objects.filter(text="May I fly?").exists()


def test_a_source_nobody_opened_for_one_is_not_offered(visitors: Visitors, world: World) -> None:
    assert "Team files" not in visitors.charlie.get("/").text
    assert 'data-filter="Team files"' in visitors.alice.get("/").text


def test_a_filter_on_a_source_that_was_closed_is_counted_and_not_named(visitors: Visitors, world: World) -> None:
    Question.objects.filter(pk=world.question.pk).update(filters={"sources": [world.team_source.pk]})
    close(world.team_source)
    page = page_of(visitors, world.answer)
    assert "1 source you may no longer read" in page
    assert "Team files" not in page


def test_stopping_is_noted_while_an_answer_is_made_and_only_then(visitors: Visitors, world: World) -> None:
    address = f"/questions/{world.question.pk}/stop"
    assert visitors.alice.post(address, headers=HTMX).status_code == 204
    assert Answer.objects.get(pk=world.answer.pk).stop_asked_at is None
    change(world.answer, outcome="", finished_at=None)
    visitors.alice.post(address, headers=HTMX)
    assert Answer.objects.get(pk=world.answer.pk).stop_asked_at is not None
