"""Each kind of act that is promised to be in the audit log is done here once, and must be found there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.keys import create_key
from app.answers.asking import ask
from app.answers.draft import Draft
from app.answers.models import Answer, Outcome
from app.answers.steps.record import record
from app.answers.tasks import LOST_AFTER, end_lost_answers
from app.audit.chaining import chain_waiting
from app.audit.models import AuditEvent
from app.audit.verifying import verify
from app.corpus.access import reader_for
from app.tests.sessions import as_if_just_signed_in
from app.tests.world import PASSWORD, World, make_world
from ingestion.sources import change_source

Act = Callable[[Client, World], Any]

SIGN_IN = {"login": "alice@example.com", "password": PASSWORD}
WRONG = SIGN_IN | {"password": "wrong"}
PRICE = {"model": "m", "input_usd": "1", "output_usd": "2"}
AMOUNT = {"amount": "5"}


def original(client: Client, world: World) -> None:
    response = client.get(reverse("document_original", args=[world.document.pk]))
    assert response.status_code == 200
    response.close()


def exported(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


def open_to_all(world: World) -> None:
    change_source(world.team_source, actor=world.ada, everyone=True, group_ids=[])


def forget_pattern(client: Client, world: World) -> None:
    client.post(reverse("personal_data_pattern_remove", args=[world.personal_pattern.pk]))


def skip(client: Client, world: World) -> None:
    client.get(reverse("review", args=[world.review.pk]))
    client.post(reverse("review_aside", args=[world.review.pk]), {"kind": "skip", "why": "other", "note": "Unclear."})


def prompt(client: Client) -> None:
    current = client.get("/prompts/answer/new/").context["form"].initial["text"]
    client.post("/prompts/answer/new/", {"text": current + "\nBe brief.", "reason": "Shorter."})


def settle(client: Client, world: World) -> None:
    client.post(f"/reports/{world.report.pk}/settle/", {"finding": "fine", "note": "28."})


def answered(world: World) -> Answer:
    question = ask(world.alice, "How much?")
    draft = Draft(question_id=question.pk, question=question.text, reader=reader_for(world.alice))
    draft.outcome, draft.text = Outcome.ANSWERED, "Twelve euros."
    return record(draft)


def lost(world: World) -> None:
    question = ask(world.alice, "How much?")
    Answer.objects.filter(question=question).update(started_at=question.created_at - 2 * LOST_AFTER)
    end_lost_answers()


# What is done by whom, and the names of the entries that it must leave.
ACTS: list[tuple[str, str, Act, set[str]]] = [
    ("sign-in", "", lambda c, w: c.post("/accounts/login/", SIGN_IN), {"signed_in"}),
    ("failed sign-in", "", lambda c, w: c.post("/accounts/login/", WRONG), {"sign_in_failed"}),
    ("sign-out", "alice", lambda c, w: c.post("/accounts/logout/"), {"signed_out"}),
    ("key made", "alice", lambda c, w: create_key(w.alice, "x"), {"api_key_created"}),
    ("source run", "ada", lambda c, w: c.post(f"/sources/{w.team_source.pk}/pause/"), {"source_paused"}),
    ("document read", "alice", lambda c, w: c.get(f"/documents/{w.document.pk}/"), {"document_opened"}),
    ("document downloaded", "alice", original, {"document_downloaded"}),
    ("usage exported", "ada", lambda c, w: exported(c, "/usage/export.csv"), {"usage_exported"}),
    ("budget changed", "ada", lambda c, w: c.post(f"/usage/budgets/{w.budget.pk}/", AMOUNT), {"budget_changed"}),
    ("price set", "ada", lambda c, w: c.post("/usage/prices/new/", PRICE), {"price_set"}),
    ("prompt put in use", "ada", lambda c, w: prompt(c), {"prompt_written"}),
    ("rights changed", "ada", lambda c, w: open_to_all(w), {"source_changed"}),
    ("rules on personal data", "ada", forget_pattern, {"personal_data_pattern_removed"}),
    ("review", "ada", skip, {"review_skipped"}),
    ("report settled", "ada", settle, {"citation_report_settled"}),
    ("audit log read", "ada", lambda c, w: c.get("/audit/"), {"audit_read"}),
    ("audit log exported", "ada", lambda c, w: exported(c, "/audit/export.csv"), {"audit_exported"}),
    ("question asked", "alice", lambda c, w: ask(w.alice, "How much?"), {"question_asked"}),
    ("answer given", "alice", lambda c, w: answered(w), {"question_asked", "answer_given"}),
    ("answer lost", "alice", lambda c, w: lost(w), {"question_asked", "answer_given"}),
]  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("who", "act", "entries"), [each[1:] for each in ACTS], ids=[each[0] for each in ACTS])
def test_each_act_leaves_its_entries(client, who, act, entries):
    world = make_world()
    if who:
        client.force_login(world.person(who))
        as_if_just_signed_in(client)
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    act(client, world)
    made = AuditEvent.objects.exclude(pk__in=before)
    assert entries <= set(made.values_list("action", flat=True))
    if who:
        assert set(made.values_list("actor_label", flat=True)) <= {f"{who}@example.com", "system"}
    chain_waiting()
    assert verify().broken is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("policy", ["none", "text"])
def test_words_of_questions_and_answers_stand_there_only_by_policy(settings, policy):
    settings.ATTEST_AUDIT_QUESTIONS = policy
    answered(make_world())
    asked, given = (AuditEvent.objects.get(action=name) for name in ("question_asked", "answer_given"))
    assert (asked.details.get("text"), given.details.get("text")) == (
        ("How much?", "Twelve euros.") if policy == "text" else (None, None)
    )
    assert (given.details["outcome"], given.result, given.actor_label) == ("answered", "ok", "alice@example.com")


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_recorded_twice_leaves_one_entry():
    world = make_world()
    question = ask(world.alice, "How much?")
    draft = Draft(question_id=question.pk, question=question.text, reader=reader_for(world.alice))
    record(draft)
    record(draft)
    assert AuditEvent.objects.filter(action="answer_given").count() == 1


@pytest.mark.django_db(transaction=True)
async def test_what_programs_read_is_there_too(async_client):
    from asgiref.sync import sync_to_async

    world = await sync_to_async(make_world)()
    headers = {"Authorization": f"Bearer {world.keys['alice']}"}
    read = await async_client.get(f"/api/v1/documents/{world.document.pk}", headers=headers)
    found = await async_client.post(
        "/api/v1/search", {"query": "budget"}, content_type="application/json", headers=headers
    )
    assert (read.status_code, found.status_code) == (200, 200)
    opened = await AuditEvent.objects.aget(action="document_opened")
    searched = await AuditEvent.objects.aget(action="passages_searched")
    assert (opened.target, opened.actor_label) == (f"document:{world.document.pk}", "alice@example.com")
    assert set(searched.details) == {"documents", "by"}
