"""An admin decides what happens to personal data, in words that are checked, applied at once and audited."""

import pytest
from django.test import Client
from django.urls import reverse

from app.audit.models import AuditEvent
from app.safety import configured
from app.safety.models import PersonalDataPattern, PersonalDataPolicy, PersonalDataWord
from app.safety.personal_data.kinds import Kind
from app.safety.personal_data.policy import POLICY, Place, Treatment
from app.tests.world import World, make_world

pytestmark = pytest.mark.django_db
CHOSEN = {"external_model.name": "keep", "stored_answer.phone": "redact", "logs.name": "keep", "index.name": "redact"}


@pytest.fixture
def world() -> World:
    configured.forget()
    return make_world()


@pytest.fixture
def ada(world):
    client = Client()
    client.force_login(world.ada)
    yield client
    configured.forget()


def last_event() -> AuditEvent:
    event = AuditEvent.objects.order_by("-pk").first()
    assert event is not None
    return event


def test_the_page_shows_every_place_and_kind_of_the_policy(ada):
    text = ada.get(reverse("personal_data")).content.decode()
    for place in POLICY.values():
        assert place.label in text
    for kind in Kind:
        assert f'name="external_model.{kind.value}"' in text


def test_a_changed_policy_holds_at_once_and_is_audited(ada):
    said = CHOSEN | {"days": "7", "inside": "llm.corp.example", "outside": "10.0.0.5\n10.0.0.5"}
    assert ada.post(reverse("personal_data"), said).status_code == 302
    admins = configured.configured()
    assert admins.policy.treatment(Place.EXTERNAL_MODEL, Kind.NAME) is Treatment.KEEP
    assert admins.policy.treatment(Place.STORED_ANSWER, Kind.PHONE) is Treatment.REDACT
    assert admins.redact_after_days == 7
    assert not admins.is_external("https://llm.corp.example/v1")
    assert admins.is_external("http://10.0.0.5/v1")
    assert last_event().action == "personal_data_policy_changed"
    assert last_event().after["days"] == 7


def test_what_is_fixed_cannot_be_chosen(ada):
    ada.post(reverse("personal_data"), CHOSEN | {"days": "30"})
    policy = configured.configured().policy
    assert policy.treatment(Place.LOGS, Kind.NAME) is Treatment.REDACT
    assert policy.treatment(Place.INDEX, Kind.NAME) is Treatment.KEEP
    assert set(PersonalDataPolicy.objects.get().chosen) == {"external_model", "stored_answer"}


@pytest.mark.parametrize(
    ("field", "value"), [("days", "-1"), ("days", "soon"), ("inside", "https://x/"), ("outside", "a b")]
)
def test_a_wrong_policy_is_refused_with_a_sentence(ada, field, value):
    reply = ada.post(reverse("personal_data"), {"days": "30"} | {field: value})
    assert reply.status_code == 422
    assert 'class="errorlist"' in reply.content.decode()
    assert not PersonalDataPolicy.objects.exists()


def test_a_pattern_is_added_audited_found_and_removed(ada):
    said = {"name": "Employee numbers", "expression": r"\bE-\d{5}\b", "example": "E-10442"}
    assert ada.post(reverse("personal_data_pattern_new"), said).status_code == 302
    assert (last_event().action, last_event().details["expression"]) == (
        "personal_data_pattern_added",
        said["expression"],
    )
    assert "10442" not in str(last_event().details)
    shown = ada.post(reverse("personal_data_try"), {"text": "Ask E-20999 about it."}, headers={"HX-Request": "true"})
    assert "<mark>E-20999" in shown.content.decode()
    pattern = PersonalDataPattern.objects.get(name="Employee numbers")
    ada.post(reverse("personal_data_pattern_remove", args=[pattern.pk]))
    assert not PersonalDataPattern.objects.filter(pk=pattern.pk).exists()


@pytest.mark.parametrize(
    ("expression", "example", "complaint"),
    [
        (r"(\w)\1", "aa", "not a regular expression"),
        (r"E-\d{5", "E-10442", "does not find its own example"),
        (r"(E-\d+", "E-10442", "not a regular expression"),
        (r"E-\d{5}", "F-10442", "does not find its own example"),
        (r"\w+", "E-10442", "ordinary words"),
        (r".*", "E-10442", "ordinary words"),
        (r"x*", "E-10442", "does not find its own example"),
        (r"Badge \d+", "Badge 7", None),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_a_sentence(ada, expression, example, complaint):
    reply = ada.post(
        reverse("personal_data_pattern_new"), {"name": "New", "expression": expression, "example": example}
    )
    assert reply.status_code == (302 if complaint is None else 422)
    if complaint:
        assert complaint in reply.content.decode()


def test_words_are_in_one_list_and_the_audit_does_not_repeat_them(ada):
    said = {"text": "Project  Nightingale", "list": "always"}
    assert ada.post(reverse("personal_data_word_new"), said).status_code == 302
    assert "Nightingale" not in str(last_event().details) + last_event().target
    again = ada.post(reverse("personal_data_word_new"), {"text": "project nightingale", "list": "never"})
    assert "already" in again.content.decode()
    word = PersonalDataWord.objects.get(list="always")
    assert word.text == "Project Nightingale"
    ada.post(reverse("personal_data_word_remove", args=[word.pk]))
    assert last_event().action == "personal_data_word_removed"


def test_a_text_is_tried_without_scripts_too_and_kept_nowhere(ada, caplog):
    text = "Write to agnieszka@corp.example <b>soon</b>."
    page = ada.post(reverse("personal_data_try"), {"text": text}).content.decode()
    assert "<mark>agnieszka@corp.example" in page
    assert "&lt;b&gt;soon" in page
    assert "&lt;EMAIL_…&gt;" in page
    assert "agnieszka" not in str(list(AuditEvent.objects.values_list("details", flat=True))) + caplog.text
