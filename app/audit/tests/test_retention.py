"""Old entries go only from the beginning of the chain, only behind a signed checkpoint, and never past a legal hold."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from app.accounts.models import User
from app.audit import events
from app.audit.chaining import chain_waiting
from app.audit.checkpoints import make_checkpoint
from app.audit.events import record_event
from app.audit.models import AuditEvent, Checkpoint, Cut, LegalHold
from app.audit.retention import HoldError, held_from, hold, lift, may_be_cut_through, remove_old
from app.audit.signing import Statement
from app.audit.tests.test_chain import as_owner
from app.audit.verifying import verify

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def thirty_days(settings, tmp_path):
    settings.ATTEST_AUDIT_DAYS = 30
    settings.ATTEST_AUDIT_CHECKPOINT_DIR = tmp_path


def entry(target: str, days: int, actor: User | None = None) -> AuditEvent:
    """Made so many days ago."""
    event = record_event(actor, events.SOURCE_SYNCED, target)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_is_append_only")
    AuditEvent.objects.filter(pk=event.pk).update(at=timezone.now() - timedelta(days=days))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER audit_is_append_only")
    return event


def targets() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("target", flat=True))


def old_and_young() -> None:
    for number, days in enumerate([90, 80, 70, 10, 5], 1):
        entry(f"source:{number}", days)
    chain_waiting()


def test_entries_that_are_old_enough_are_removed_and_the_rest_is_proved(settings):
    old_and_young()
    settings.ATTEST_AUDIT_DAYS = 0
    assert (may_be_cut_through(), remove_old(), len(targets())) == (0, 0, 5)
    settings.ATTEST_AUDIT_DAYS = 30
    assert remove_old() == 3
    chain_waiting()
    assert targets() == ["source:4", "source:5", "audit"]
    proof = verify()
    assert (proof.broken, proof.start, proof.entries, proof.last) == (None, 3, 3, 6)
    assert (Cut.objects.get().sequence, Checkpoint.objects.get().sequence) == (3, 3)
    removed = AuditEvent.objects.get(action=events.AUDIT_ENTRIES_REMOVED)
    assert removed.details == {"through": 3, "days": 30}


def test_removing_again_goes_on_from_the_cut():
    old_and_young()
    remove_old()
    assert remove_old() == 0
    entry("source:6", 1)
    chain_waiting()
    as_owner("UPDATE audit_auditevent SET at = at - interval '60 days' WHERE sequence = 4")
    assert may_be_cut_through() == 4


def test_what_a_killed_run_left_is_removed_and_disturbs_no_proof():
    old_and_young()
    make_checkpoint(3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT attest_audit_cut(3, 1)")
    record_event(None, events.AUDIT_ENTRIES_REMOVED, "audit", through=3, days=30)
    assert targets() == ["source:2", "source:3", "source:4", "source:5", "audit"]
    assert verify().broken is None
    assert remove_old() == 2
    assert (targets(), verify().broken) == (["source:4", "source:5", "audit"], None)


def test_a_removal_that_no_entry_tells_of_is_found():
    """A checkpoint of ours is there every day, so whoever may remove needs to make up none."""
    old_and_young()
    make_checkpoint(3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT attest_audit_cut(3, 100)")
    assert "removed, and no entry tells of it" in str(verify().broken)


def test_the_database_itself_lets_nothing_go_that_is_younger_than_30_days(settings):
    """Whatever the settings say, and with a checkpoint of ours at that very entry."""
    settings.ATTEST_AUDIT_DAYS = 1
    for target, days in (("source:1", 90), ("source:2", 29), ("source:3", 90), ("source:4", 1)):
        entry(target, days)
    chain_waiting()
    for through in (2, 3):
        make_checkpoint(through)
        refused = pytest.raises(DatabaseError, match="younger than 30 days stay")
        with connection.cursor() as cursor, refused, transaction.atomic():
            cursor.execute("SELECT attest_audit_cut(%s, 100)", [through])
    with pytest.raises(DatabaseError, match="younger than 30 days stay"), transaction.atomic():
        remove_old()
    assert targets() == ["source:1", "source:2", "source:3", "source:4"]


def test_a_young_entry_in_the_middle_ends_the_cut():
    for target, days in (("source:1", 90), ("source:2", 1), ("source:3", 80), ("source:4", 1)):
        entry(target, days)
    chain_waiting()
    assert may_be_cut_through() == 1


def test_the_last_entry_stays():
    entry("source:1", 90)
    entry("source:2", 90)
    chain_waiting()
    assert remove_old() == 1
    assert (targets()[0], verify().broken) == ("source:2", None)


def test_a_hold_keeps_the_first_entry_it_covers_and_all_behind_it():
    alice = User.objects.create_user("alice@example.com")
    entry("source:1", 90)
    entry("source:2", 80, alice)
    entry("source:3", 70)
    entry("source:4", 1)
    chain_waiting()
    made = hold(None, "person", "Alice@example.com", "A lawsuit.", alice.pk)
    assert (held_from(), may_be_cut_through()) == (2, 1)
    assert remove_old() == 1
    assert targets()[:3] == ["source:2", "source:3", "source:4"]
    lift(None, made.pk, "Settled.")
    assert remove_old() == 2
    chain_waiting()
    acts = AuditEvent.objects.filter(target=f"audit_hold:{made.pk}").order_by("pk").values_list("action", flat=True)
    assert list(acts) == ["audit_hold_made", "audit_hold_lifted"]
    assert verify().broken is None


@pytest.mark.parametrize(
    ("scope", "subject", "first"),
    [("object", "source:3", 3), ("object", "source:33", None), ("all", "", 1), ("person", "nobody@example.com", None)],
)
def test_what_a_hold_covers(scope, subject, first):
    old_and_young()
    hold(None, scope, subject, "A lawsuit.")
    assert held_from() == first


def test_a_hold_on_a_person_keeps_what_was_done_to_them_too():
    alice = User.objects.create_user("alice@example.com")
    entry(f"user:{alice.pk}", 90)
    entry("source:1", 1)
    chain_waiting()
    hold(None, "person", "alice@example.com", "A lawsuit.", alice.pk)
    assert may_be_cut_through() == 0


@pytest.mark.parametrize(
    ("scope", "subject", "reason", "said"),
    [
        ("some", "", "x", "Choose"), ("person", " ", "x", "Name"), ("all", "source:1", "x", "leave it out"),
        ("all", "", " ", "Say why"),
    ],
)  # fmt: skip
def test_a_hold_that_makes_no_sense_is_refused(scope, subject, reason, said):
    with pytest.raises(HoldError, match=said):
        hold(None, scope, subject, reason)
    assert not AuditEvent.objects.exists()


def test_a_hold_is_lifted_once_and_with_a_reason():
    made = hold(None, "all", "", "A lawsuit.")
    with pytest.raises(HoldError, match="Say why"):
        lift(None, made.pk, "")
    lift(None, made.pk, "Settled.")
    with pytest.raises(HoldError, match="already"):
        lift(None, made.pk, "Settled.")


def test_the_database_itself_lets_no_hold_be_changed_or_removed():
    made = hold(None, "object", "source:1", "A lawsuit.")
    rows = LegalHold.objects.filter(pk=made.pk)
    for act in (
        lambda: rows.update(subject="source:2"), lambda: rows.update(scope="person"), rows.delete,
        lambda: rows.update(lifted_at=timezone.now()), lambda: rows.update(reason="None."),
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="lifted, never changed"), transaction.atomic():
            act()


@pytest.mark.parametrize(
    ("prepare", "through", "said"),
    [
        (lambda: None, 3, "only at an entry with a checkpoint"),
        (lambda: make_checkpoint(2), 3, "only at an entry with a checkpoint"),
        (lambda: make_checkpoint(5), 5, "last entry of the audit trail stays"),
        (lambda: (make_checkpoint(3), hold(None, "all", "", "x")), 3, "legal hold keeps"),
        (lambda: (make_checkpoint(3), hold(None, "object", "source:2", "x")), 3, "legal hold keeps"),
        (lambda: make_checkpoint(3), 99, "only at an entry with a checkpoint"),
    ],
)
def test_the_database_itself_refuses_a_cut_that_must_not_be(prepare, through, said):
    old_and_young()
    prepare()
    with connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match=said), transaction.atomic():
            cursor.execute("SELECT attest_audit_cut(%s, 100)", [through])
        with pytest.raises(DatabaseError, match=said), transaction.atomic():
            cursor.execute(
                "INSERT INTO audit_cut (sequence, hash, at) SELECT %s, coalesce(max(hash) FILTER (WHERE sequence = %s),"
                " ''), now() FROM audit_auditevent",
                [through, through],
            )
    assert len(AuditEvent.objects.filter(sequence__isnull=False)) == 5


def test_entries_before_a_cut_that_somebody_made_up_are_missed():
    """The owner of the tables can make rows up, but not a signature."""
    old_and_young()
    Checkpoint.objects.create(
        sequence=2, hash=AuditEvent.objects.get(sequence=2).hash, count=2, key_id="x", signature="AAAA"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT attest_audit_cut(2, 100)")
    assert "bears no signature of ours" in str(verify().broken)


def test_a_checkpoint_from_before_the_cut_can_still_be_shown(settings):
    old_and_young()
    early = Statement.of(make_checkpoint(2))
    remove_old()
    chain_waiting()
    assert verify(kept_elsewhere=[early]).broken is None


def test_nothing_is_removed_that_the_receiver_outside_does_not_have(settings):
    from app.audit.models import Forwarding

    settings.ATTEST_AUDIT_FORWARD = "https://siem.example.com/audit"
    old_and_young()
    assert may_be_cut_through() == 0
    Forwarding.objects.filter(receiver="https://siem.example.com/audit").update(sequence=2)
    assert may_be_cut_through() == 2
