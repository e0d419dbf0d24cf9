"""After a person was erased, every table is searched for them; what stays is what the page says stays."""

from html import unescape

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test import Client
from django.urls import reverse

from app.accounts.erasing import is_erased
from app.accounts.models import User
from app.accounts.people import add_person, make_service
from app.accounts.permissions import Role
from app.accounts.roles import RoleError
from app.answers.models import Answer, Conversation
from app.audit.chaining import chain_waiting
from app.audit.models import AuditEvent
from app.audit.retention import hold
from app.audit.verifying import verify
from app.privacy.erasing import LARGE, STEPS, ErasureError, Fate, ask_to_erase, carry_out, preview
from app.privacy.exporting import ask_to_export, make_export
from app.privacy.files import file_of
from app.privacy.models import Erasure, PersonExport
from app.privacy.tasks import carry_out_erasure, take_up_lost_acts
from app.privacy.tests.person_of_marks import EMAIL, MARKS, NAME, NUMBER_OF_A_DAY, Traces
from app.reviews.models import CaseDraft, Verdict
from app.scim.people import known_people
from app.tests.sessions import as_if_just_signed_in
from app.tests.world import World
from app.usage.models import UsageDay, UsageRecord

# The chain of the audit log cannot lose an entry; the page says so.
STAYS = {"audit.AuditEvent"}
# Each relation to a person, and what an erasure makes of it. A new relation fails the test until it is decided.
GOES = {
    "account.EmailAddress.user", "mfa.Authenticator.user", "usersessions.UserSession.user",
    "socialaccount.SocialAccount.user", "accounts.Membership.user", "accounts.ApiKey.user", "signon.GivenRoles.user",
    "signon.SignOnSession.user", "corpus.Source.admins", "usage.Budget.user", "answers.Conversation.user",
    "reviews.ReviewItem.held_by", "privacy.PersonExport.person", "privacy.PersonExport.asked_by",
}  # fmt: skip
# The emptied row stays, so that these still name its number.
NAMES_THE_EMPTY_ROW = {
    "audit.AuditEvent.actor", "accounts.User.owner", "accounts.Membership.given_by",
    "safety.PersonalDataPattern.created_by", "safety.PersonalDataWord.created_by", "providers.ModelActivation.actor",
    "prompts.PromptVersion.written_by", "prompts.PromptActivation.actor", "usage.Price.created_by",
    "usage.Budget.created_by", "answers.CitationReport.settled_by", "reviews.Verdict.reviewer",
    "reviews.SetAside.reviewer", "reviews.CalibrationItem.made_by", "reviews.CaseDraft.author",
    "reviews.CaseDraft.decided_by", "quality.UnansweredTopic.dismissed_by", "quality.Signal.acknowledged_by",
    "quality.Signal.closed_by", "scim.ScimToken.made_by", "scim.ScimUser.user", "privacy.Erasure.person",
    "privacy.Erasure.asked_by",
}  # fmt: skip

pytestmark = pytest.mark.django_db


def erase(user: User, actor: User) -> Erasure:
    erasure = ask_to_erase(user, actor=actor)
    carry_out(erasure.pk)
    erasure.refresh_from_db()
    return erasure


def holding_marks() -> dict[str, list[str]]:
    places = {}
    for model in apps.get_models():
        text = " ".join(str(row) for row in model._default_manager.values_list()).lower()
        if found := [mark for mark in MARKS if mark in text]:
            places[model._meta.label] = found
    return places


def test_every_relation_to_a_person_has_a_decision() -> None:
    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in [*model._meta.fields, *model._meta.many_to_many]
        if isinstance(field, models.ForeignKey | models.ManyToManyField) and field.related_model is User
    }
    assert found == GOES | NAMES_THE_EMPTY_ROW


def test_no_table_but_the_audit_log_holds_the_person_afterwards(world: World, traces: Traces) -> None:
    before = set(holding_marks())
    assert len(before) >= 25, sorted(before)
    erase(traces.user, world.ada)
    assert set(holding_marks()) == STAYS
    assert str(traces.user.pk) not in UsageDay.objects.values_list("key", flat=True)
    assert not UsageRecord.objects.filter(user_id=traces.user.pk).exists()


def test_nothing_points_at_the_person_where_it_was_to_go(world: World, traces: Traces) -> None:
    erase(traces.user, world.ada)
    for name in GOES:
        label, _, field = name.rpartition(".")
        assert not apps.get_model(label)._default_manager.filter(**{field: traces.user}).exists(), name


def test_files_of_exports_go(world: World, traces: Traces) -> None:
    export = ask_to_export(traces.user, actor=world.ada)
    make_export(export.pk)
    assert file_of(export).exists()
    erase(traces.user, world.ada)
    assert not file_of(export).exists()
    assert not PersonExport.objects.exists()


def test_what_is_to_stay_stays_without_the_person(world: World, traces: Traces) -> None:
    erase(traces.user, world.ada)
    user = User.objects.get(pk=traces.user.pk)
    assert is_erased(user)
    assert (user.is_active, user.name, user.has_usable_password(), user.roles) == (False, "", False, [])
    verdict = Verdict.objects.get(pk=traces.verdict.pk)
    assert (verdict.levels, verdict.comment, verdict.corrected) == ({"correct": 3}, "", "")
    nobody = UsageDay.objects.get(day=traces.day.day, kind="person")
    assert (nobody.key, nobody.answers, nobody.cost_usd) == ("", NUMBER_OF_A_DAY, 7)
    assert UsageDay.objects.get(day=traces.day.day, kind="all").answers == NUMBER_OF_A_DAY
    assert CaseDraft.objects.filter(name="theirs").exists()
    assert not CaseDraft.objects.filter(name="from-their-question").exists()
    assert user not in known_people()


def test_the_audit_log_stays_whole_and_tells_of_it(world: World, traces: Traces) -> None:
    entries = AuditEvent.objects.count()
    erase(traces.user, world.ada)
    assert AuditEvent.objects.count() > entries
    told = AuditEvent.objects.get(action="person_erased")
    assert (told.actor_label, told.target) == (world.ada.email, f"user:{traces.user.pk}")
    assert EMAIL not in str(told.details)
    chain_waiting()
    assert verify().broken is None


def test_others_keep_what_is_theirs(world: World, traces: Traces) -> None:
    repeated = Answer.objects.get(pk=world.answer.pk)
    Answer.objects.filter(pk=repeated.pk).update(reused_from=traces.answer)
    others = Conversation.objects.exclude(user=traces.user).count()
    erase(traces.user, world.ada)
    assert Conversation.objects.count() == others
    repeated.refresh_from_db()
    assert (repeated.reused_from_id, repeated.text) == (None, world.answer.text)


def test_the_report_counts_what_the_page_counted_before(world: World, traces: Traces) -> None:
    promised = {line.what: line.number for line in preview(traces.user)}
    erasure = erase(traces.user, world.ada)
    told = {line["what"]: line["number"] for line in erasure.report}
    assert {name: number for name, number in told.items() if "audit" not in name and "Sessions" not in name} == {
        name: number for name, number in promised.items() if "audit" not in name and "Sessions" not in name
    }
    assert promised["Questions and answers, with conversations, feedback and reports"] == 1
    for step in STEPS:
        assert (step.act is None) == (step.fate == Fate.STAYS), step.what


def test_erasing_twice_or_after_a_crash_changes_nothing_more(world: World, traces: Traces, monkeypatch) -> None:
    erasure = ask_to_erase(traces.user, actor=world.ada)
    assert not User.objects.get(pk=traces.user.pk).is_active
    carry_out(erasure.pk)
    entries = AuditEvent.objects.count()
    carry_out_erasure(erasure.pk)
    assert AuditEvent.objects.count() == entries


def test_what_failed_half_way_is_undone_whole(world: World, traces: Traces, monkeypatch) -> None:
    erasure = ask_to_erase(traces.user, actor=world.ada)
    monkeypatch.setattr(
        "app.privacy.erasing.STEPS", (*STEPS[:5], STEPS[0].__class__("x", Fate.DELETED, "x", None, fail))
    )
    with pytest.raises(ZeroDivisionError):
        carry_out(erasure.pk)
    assert Conversation.objects.filter(user=traces.user).exists()
    assert Erasure.objects.get().state == Erasure.State.WAITING


def fail(user: User) -> None:
    raise ZeroDivisionError


def test_one_that_never_came_to_a_worker_is_taken_up(world: World, traces: Traces, monkeypatch) -> None:
    erasure = ask_to_erase(traces.user, actor=world.ada)
    begun: list[int] = []
    monkeypatch.setattr(carry_out_erasure, "delay", begun.append)
    take_up_lost_acts()
    assert begun == []
    Erasure.objects.update(asked_at=erasure.asked_at.replace(year=2020))
    take_up_lost_acts()
    assert begun == [erasure.pk]


@pytest.mark.parametrize("scope", ["person", "all"])
def test_a_legal_hold_keeps_it(world: World, traces: Traces, scope: str) -> None:
    hold(
        world.ada,
        scope,
        EMAIL if scope == "person" else "",
        "A lawsuit.",
        traces.user.pk if scope == "person" else None,
    )
    with pytest.raises(ErasureError, match="legal hold"):
        ask_to_erase(traces.user, actor=world.ada)
    assert User.objects.get(pk=traces.user.pk).is_active


def test_what_must_be_done_first_is_said(world: World, settings) -> None:
    with pytest.raises(ErasureError, match="nobody erases themselves"):
        ask_to_erase(world.ada, actor=world.ada)
    with pytest.raises(RoleError, match="last admin"):
        ask_to_erase(world.ada, actor=world.bob)
    service = make_service("robot", owner=world.bob, groups=[], actor=world.ada)
    with pytest.raises(ErasureError, match="service accounts"):
        ask_to_erase(world.bob, actor=world.ada)
    with pytest.raises(ErasureError, match="no person"):
        ask_to_erase(service, actor=world.ada)
    settings.ATTEST_EMERGENCY_ACCOUNT = world.charlie.email
    with pytest.raises(ErasureError, match="emergency account"):
        ask_to_erase(world.charlie, actor=world.ada)


def admin(world: World) -> Client:
    client = Client()
    client.force_login(world.ada)
    return as_if_just_signed_in(client)


def test_an_admin_sees_first_what_goes_and_types_the_address(world: World, traces: Traces) -> None:
    client, address = admin(world), reverse("person_erase", args=[traces.user.pk])
    page = unescape(client.get(address).content.decode())
    for step in STEPS:
        assert step.what in page
    assert client.post(address, {"name": "zofia"}).status_code == 422
    assert User.objects.get(pk=traces.user.pk).email == EMAIL
    response = client.post(address, {"name": EMAIL}, follow=True)
    assert response.redirect_chain[-1][0] == reverse("person_erasure", args=[Erasure.objects.get().pk])
    assert EMAIL not in response.content.decode()
    assert set(holding_marks()) == STAYS
    assert "erased already" in client.get(address).content.decode()


def test_an_erased_account_is_not_opened_again_and_its_address_is_free(world: World, traces: Traces) -> None:
    erase(traces.user, world.ada)
    client = admin(world)
    page = client.post(reverse("person_open", args=[traces.user.pk]), follow=True).content.decode()
    assert "was erased" in page
    assert not User.objects.get(pk=traces.user.pk).is_active
    assert add_person(EMAIL, "a long enough password", name=NAME, roles=()).pk != traces.user.pk


def test_much_is_left_to_a_worker(
    world: World, traces: Traces, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(carry_out_erasure, "delay", begun.append)
    monkeypatch.setattr("app.privacy.erasing.LARGE", 0)
    assert LARGE > 0
    with django_capture_on_commit_callbacks(execute=True):
        admin(world).post(reverse("person_erase", args=[traces.user.pk]), {"name": EMAIL})
    assert begun == [Erasure.objects.get().pk]
    assert not User.objects.get(pk=traces.user.pk).is_active


def test_an_admin_who_has_not_confirmed_lately_is_asked_to(world: World, traces: Traces) -> None:
    client = Client()
    client.force_login(world.ada)
    as_if_just_signed_in(client, seconds_ago=60 * settings.ATTEST_CONFIRM_MINUTES + 1)
    response = client.post(reverse("person_erase", args=[traces.user.pk]), {"name": EMAIL})
    assert "/accounts/" in response.headers["Location"]
    assert User.objects.get(pk=traces.user.pk).email == EMAIL


def test_only_admins_of_personal_data_may(world: World) -> None:
    holders = [role for role in Role if User(roles=[role]).may("manage_personal_data")]  # type: ignore[arg-type]
    assert holders == [Role.ADMIN]
