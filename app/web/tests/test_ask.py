"""Asking in the browser: who may see what of it, and what each way of asking replies."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from app.answers.events import Done, Event, Restart, Step, Token
from app.answers.models import Answer, Conversation, Outcome, Question
from app.corpus.models import Source
from app.tests.world import World, answered_question
from app.web.event_stream import as_text
from app.web.tests.conftest import Visitors

HTMX = {"HX-Request": "true"}


def test_a_question_by_script_gets_a_turn_that_streams(visitors: Visitors, world: World) -> None:
    reply = visitors.alice.post("/", {"question": "May I fly?"}, headers=HTMX)
    question = Question.objects.get(text="May I fly?")
    assert f'data-stream="/questions/{question.pk}/stream"' in reply.text
    assert reply.headers["HX-Push-Url"] == f"/conversations/{question.conversation_id}/"


def test_a_follow_up_stays_in_its_conversation(visitors: Visitors, world: World) -> None:
    fields = {"question": "And for contractors?", "conversation": world.conversation.pk}
    visitors.alice.post("/", fields, headers=HTMX)
    assert Question.objects.get(text="And for contractors?").conversation == world.conversation


def test_an_empty_question_is_refused_beside_the_box(visitors: Visitors) -> None:
    reply = visitors.alice.post("/", {"question": "  "}, headers=HTMX)
    assert reply.text.strip() == "Type a question first."
    assert reply.headers["HX-Retarget"] == "#ask-error"


def test_a_refused_question_can_be_changed_without_typing_it_again(visitors: Visitors) -> None:
    reply = visitors.alice.post("/", {"question": "x" * 3000})
    assert reply.status_code == 422
    assert "x" * 3000 in reply.text


def test_an_answer_shows_its_citation_with_place_age_and_link(visitors: Visitors, world: World) -> None:
    page = visitors.alice.get(f"/conversations/{world.conversation.pk}/").text
    citation = world.answer.citations.get()
    query = f"version={citation.evidence.version_id}&amp;start={citation.start}&amp;end={citation.end}"
    assert f'href="/documents/{world.document.pk}/?{query}#cited"' in page
    assert "480,000 euros" in page
    assert "changed just now" in page
    assert "Quoted from your documents" in page


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.CAVEAT, "Answered with a caveat"),
        (Outcome.CONFLICT, "Your sources disagree"),
        (Outcome.NOT_FOUND, "in the documents you may read"),
        (Outcome.REFUSED, "Not answered"),
        (Outcome.FAILED, "The answer could not be made"),
    ],
)
def test_each_outcome_has_its_own_words(visitors: Visitors, world: World, outcome: Outcome, words: str) -> None:
    Answer.objects.filter(pk=world.answer.pk).update(outcome=outcome)
    assert words in visitors.alice.get(f"/conversations/{world.conversation.pk}/").text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("ServerError", "because the model was unavailable"),
        ("NotSupported", "because they do not bear out what the model wrote"),
        ("NothingCited", "because the model named no source"),
        ("UnsafeReply", "because the model gave its instructions away"),
        ("BudgetSpent", "because a budget for models is used up"),
        ("", "found by their words alone"),
    ],
)
def test_a_quoted_answer_says_why_no_model_wrote_it(visitors: Visitors, world: World, error: str, words: str) -> None:
    Answer.objects.filter(pk=world.answer.pk).update(outcome=Outcome.DEGRADED, error=error)
    page = visitors.alice.get(f"/conversations/{world.conversation.pk}/").text
    assert words in page
    assert ("the model was unavailable" in page) == (error == "ServerError")


def test_a_written_answer_names_its_model(visitors: Visitors, world: World) -> None:
    Answer.objects.filter(pk=world.answer.pk).update(mode=Answer.Mode.MODEL, model="llama-3")
    assert "Written by llama-3" in visitors.alice.get(f"/conversations/{world.conversation.pk}/").text


def test_an_answer_is_withheld_once_its_source_is_closed(visitors: Visitors, world: World) -> None:
    source = Source.objects.get(pk=world.team_source.pk)
    source.access_set.group_ids = []
    source.access_set.save()
    page = visitors.alice.get(f"/conversations/{world.conversation.pk}/").text
    assert "480,000" not in page
    assert "No longer shown" in page
    assert f"/documents/{world.document.pk}/" not in page


def test_a_running_answer_is_polled_as_a_part_until_it_is_there(visitors: Visitors, world: World) -> None:
    Answer.objects.filter(pk=world.answer.pk).update(outcome="", finished_at=None)
    alice = visitors.alice
    assert 'hx-trigger="every 2s"' in alice.get(f"/answers/{world.answer.pk}/", headers=HTMX).text
    Answer.objects.filter(pk=world.answer.pk).update(outcome="answered", finished_at=timezone.now())
    assert "every 2s" not in alice.get(f"/answers/{world.answer.pk}/", headers=HTMX).text


def test_feedback_is_kept_and_replaced(visitors: Visitors, world: World) -> None:
    alice, address = visitors.alice, f"/answers/{world.answer.pk}/feedback/"
    assert "What was wrong" in alice.post(address, {"value": "down"}, headers=HTMX).text
    alice.post(address, {"value": "down", "reason": "outdated", "comment": "since May"}, headers=HTMX)
    world.answer.refresh_from_db()
    assert (world.answer.feedback.reason, world.answer.feedback.comment) == ("outdated", "since May")
    alice.post(address, {"value": "up"}, headers=HTMX)
    world.answer.feedback.refresh_from_db()
    assert (world.answer.feedback.value, world.answer.feedback.reason) == ("up", "")


def test_feedback_of_no_known_kind_is_refused(visitors: Visitors, world: World) -> None:
    reply = visitors.alice.post(f"/answers/{world.answer.pk}/feedback/", {"value": "sideways"}, headers=HTMX)
    assert reply.status_code == 422


def test_the_sidebar_lists_own_conversations_alone(visitors: Visitors, world: World) -> None:
    assert world.conversation.title in visitors.alice.get("/").text
    assert world.conversation.title not in visitors.bob.get("/").text


def test_a_conversation_is_renamed_and_deleted(visitors: Visitors, world: World) -> None:
    alice, address = visitors.alice, f"/conversations/{world.conversation.pk}"
    alice.post(f"{address}/rename/", {"title": "Spending"})
    assert Conversation.objects.get(pk=world.conversation.pk).title == "Spending"
    alice.post(f"{address}/delete/")
    assert not Answer.objects.filter(pk=world.answer.pk).exists()


def test_words_of_a_question_never_become_markup(visitors: Visitors, world: World) -> None:
    hostile = '<img src=x onerror="alert(1)">'
    answer = answered_question(world.alice, hostile, world.document, text=f"{hostile} [1]")
    page = visitors.alice.get(f"/conversations/{answer.question.conversation_id}/").text
    assert hostile not in page
    assert "&lt;img src=x" in page


def test_every_page_forbids_scripts_and_styles_from_elsewhere(visitors: Visitors, world: World) -> None:
    reply = visitors.alice.get(f"/conversations/{world.conversation.pk}/")
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in reply.text
    assert "<script>" not in reply.text


def test_a_session_that_ended_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/library/").headers["Location"] == "/accounts/login/?next=/library/"


def test_events_travel_as_server_sent_events() -> None:
    events: list[Event] = [Step("retrieve"), Token("Yes [1]\n"), Restart(), Done(7)]
    names, data = [], []
    for event in events:
        first, second = as_text(event).strip().split("\n")
        names.append(first.removeprefix("event: "))
        data.append(json.loads(second.removeprefix("data: ")))
    assert names == ["step", "token", "restart", "done"]
    assert data[1] == {"text": "Yes [1]\n"}
    assert data[3] == {"answer": 7}
