"""Marked personal data goes every way that a text can go; then logs, requests and the database are searched.

The model runs on this machine, and an admin has said that it counts as outside. It quotes what it is shown.
"""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from asgiref.sync import async_to_sync
from django.apps import apps
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from app.accounts.keys import create_key
from app.accounts.models import Role, User
from app.answers.models import Answer, Conversation, Outcome
from app.answers.redacting import redact_old_turns
from app.answers.tests.asked import add, asked, person, streamed
from app.audit.retention import hold, lift
from app.corpus.models import Source
from app.corpus.terms import fold_changes
from app.providers import registry
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.safety import configured
from app.safety.models import PersonalDataPattern, PersonalDataPolicy, PersonalDataWord
from app.safety.personal_data.kinds import Kind
from ingestion.sources import create_source

pytestmark = pytest.mark.django_db(transaction=True)

NAME, EMAIL, PHONE = "Agnieszka Nowakowska", "agnieszka.nowakowska@corp.example", "+44 20 7946 0018"
IBAN, CARD, SSN = "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111", "856-45-6789"
EMPLOYEE, ASKER_EMAIL, ASKER_NAME = "E-10442", "zofia.wojcik@home.example", "Zofia Wójcik"
MARKS = (NAME, EMAIL, PHONE, IBAN, CARD, SSN, EMPLOYEE, ASKER_EMAIL, ASKER_NAME, "Nowakowska", "wojcik", "Nightingale")
DOCUMENT = f"""# Expense claims

Expense claims above 500 euros are signed by {NAME}, employee {EMPLOYEE}, phone {PHONE}.

Claims that are late are sent to {EMAIL} and paid to the account {IBAN}.

The company card of the claims desk is {CARD}; the social security number on its contract is {SSN}. It pays for
project Nightingale as well.
"""
SIGNS = f"Who signs expense claims above 500 euros? I am {ASKER_NAME}, write to {ASKER_EMAIL}."
FOLLOW_UP = "And where are late ones sent?"
# Where the policy keeps personal data: what is searched, and what its asker asked and was told.
KEPT = {"corpus", "answers", "ingestion"}
# The rules themselves, by which such data is recognised.
RULES = {"PersonalDataPattern", "PersonalDataWord"}


@pytest.fixture(scope="module")
def server() -> Iterator[MisbehavingServer]:
    with MisbehavingServer() as server:
        yield server


@pytest.fixture
def outside(settings, server):
    """Points the product at a model that counts as external."""

    def use(model: str) -> None:
        settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = server.url, model, "key"
        settings.LLM_MAX_RETRIES, settings.LLM_FIRST_TOKEN_TIMEOUT_S = 0, 5.0
        registry.forget()

    PersonalDataPolicy(outside_hosts=["127.0.0.1"], redact_after_days=0).save()
    PersonalDataPattern.objects.create(name="Employee numbers", expression=r"\bE-\d{5}\b", example="E-10001")
    PersonalDataWord.objects.create(list="always", text="Nightingale")
    configured.forget()
    server.requests.clear()
    yield use
    registry.forget()
    configured.forget()


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """All that this process writes, at the least severe level, as it would be written."""
    stream = io.StringIO()
    formatter = next(
        each.formatter for each in logging.getLogger().handlers
        if isinstance(each.formatter, structlog.stdlib.ProcessorFormatter)
    )  # fmt: skip
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def claims(log_lines) -> Source:
    source = create_source(actor=None, name="Claims", kind="upload", everyone=True)
    add(source, "claims.md", DOCUMENT)
    fold_changes()
    return source


def found_in(text: str) -> list[str]:
    return [mark for mark in MARKS if mark.lower() in text.lower()]


def sent_to(server: MisbehavingServer) -> str:
    return "\n".join(json.dumps([each.headers, each.body], ensure_ascii=False) for each in server.requests)


def holding(*, beside: set[str]) -> dict[str, list[str]]:
    """Every table outside of the named apps that holds a mark, with the marks."""
    places = {}
    for model in apps.get_models():
        if model._meta.app_label not in beside and model.__name__ not in RULES:
            marks = found_in(" ".join(str(row) for row in model._default_manager.values_list()))
            if marks:
                places[model._meta.label] = marks
    return places


def in_answers() -> list[str]:
    tables = [model for model in apps.get_models() if model._meta.app_label == "answers"]
    return found_in(" ".join(str(row) for model in tables for row in model._default_manager.values_list()))


def test_no_mark_leaves_by_any_way(server, outside, claims, log_lines):
    zofia = person("asker@example.com")
    outside("mock-cite")
    first, events = asked(zofia, SIGNS)
    assert first.outcome in {Outcome.ANSWERED, Outcome.CAVEAT}
    assert first.mode == Answer.Mode.MODEL
    assert NAME in first.text
    assert NAME in streamed(events)
    conversation = Conversation.objects.get(pk=first.question.conversation_id)
    follow_up, _ = asked(zofia, FOLLOW_UP, conversation)
    assert follow_up.outcome
    for name in ("mock-500", "mock-malformed", "mock-obey", "mock-cut5", "mock-empty"):
        outside(name)
        answer, _ = asked(zofia, f"{SIGNS} Now {name}.")
        assert answer.outcome
    outside("mock-cite")
    by_program(zofia)
    in_the_browser(zofia)
    call_command("ask", SIGNS, "--as", zofia.email, stdout=io.StringIO())
    exported = exports()
    assert len(server.requests) > 5
    assert "<PERSON_" in sent_to(server)
    assert found_in(sent_to(server)) == []
    assert "answer_recorded" in log_lines.getvalue()
    assert found_in(log_lines.getvalue()) == []
    assert holding(beside=KEPT) == {}
    assert found_in(exported) == []


def by_program(user: User) -> None:
    _, secret = create_key(user, "test")
    reply = Client().post(
        "/api/v1/answers", {"question": SIGNS}, content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )  # fmt: skip
    assert reply.status_code == 200
    assert NAME in reply.json()["text"]


def in_the_browser(user: User) -> None:
    """The question is put on the page; its stream runs the pipeline as the others do."""
    client = Client()
    client.force_login(user)
    assert client.post(reverse("ask"), {"question": SIGNS}, follow=True).status_code == 200
    assert client.get(reverse("ask"), {"q": ASKER_EMAIL}).status_code == 200
    assert client.get(f"/library/?q={ASKER_EMAIL}").status_code == 200
    assert client.get(f"/no-such-page/{ASKER_EMAIL}").status_code == 404


def exports() -> str:
    """What an admin can download."""
    ada = User.objects.create_user("ada@example.com", roles=[Role.ADMIN])
    client = Client()
    client.force_login(ada)
    reply = client.get(reverse("usage_export"))
    assert reply.status_code == 200
    return async_to_sync(whole)(reply)


async def whole(reply: Any) -> str:
    return "".join([part.decode() async for part in reply.streaming_content])


def test_what_is_stored_is_redacted_where_the_policy_says_so(outside, claims):
    zofia = person("asker@example.com")
    outside("mock-cite")
    answer, _ = asked(zofia, SIGNS)
    assert set(in_answers()) >= {NAME, ASKER_EMAIL}
    everything = dict.fromkeys((kind.value for kind in Kind), "redact")
    row = PersonalDataPolicy.objects.get()
    row.chosen = {"stored_question": everything, "stored_answer": everything}
    row.save()
    configured.forget()
    assert redact_old_turns() == 2
    assert in_answers() == []
    stored = Answer.objects.get(pk=answer.pk)
    assert "[person]" in stored.text
    for sentence in stored.sentences.all():
        assert 0 <= sentence.start < sentence.end <= len(stored.text)
    assert redact_old_turns() == 0


@pytest.mark.parametrize("scope", ["person", "all"])
def test_what_a_legal_hold_keeps_is_redacted_only_once_it_is_lifted(outside, claims, scope):
    zofia = person("asker@example.com")
    outside("mock-cite")
    answer, _ = asked(zofia, SIGNS)
    row = PersonalDataPolicy.objects.get()
    row.chosen = {"stored_answer": {"name": "redact"}}
    row.save()
    configured.forget()
    made = hold(None, scope, zofia.email if scope == "person" else "", "A lawsuit.")
    assert redact_old_turns() == 0
    assert NAME in Answer.objects.get(pk=answer.pk).text
    lift(None, made.pk, "Settled.")
    assert redact_old_turns() == 1
    assert NAME not in Answer.objects.get(pk=answer.pk).text


def test_what_is_young_or_kept_is_left_alone(outside, claims):
    outside("mock-cite")
    answer, _ = asked(person("asker@example.com"), SIGNS)
    assert redact_old_turns() == 0
    row = PersonalDataPolicy.objects.get()
    row.chosen, row.redact_after_days = {"stored_answer": {"name": "redact"}}, 1
    row.save()
    configured.forget()
    assert redact_old_turns() == 0
    assert NAME in Answer.objects.get(pk=answer.pk).text
