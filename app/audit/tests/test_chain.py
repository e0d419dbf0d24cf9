"""The audit trail: append-only in the database itself, and chained so that a gap or a change is found."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from app.accounts.models import User
from app.audit import events
from app.audit.chaining import CHAIN_LOCK, chain_waiting
from app.audit.cleaning import settings_told
from app.audit.events import record_event
from app.audit.hashing import FIRST_FORMAT, GENESIS, entry_hash
from app.audit.models import AuditEvent, Checkpoint, Cut
from app.audit.verifying import verify
from app.telemetry.origin import ADDRESS, TRACE_ID

WRITERS = 4
EVENTS_EACH = 10
TABLES = ("audit_auditevent", "audit_checkpoint", "audit_cut", "audit_legalhold")


def chained(number: int) -> list[AuditEvent]:
    """So many entries, each with its place."""
    for each in range(number):
        record_event(None, events.SOURCE_SYNCED, f"source:{each}")
    chain_waiting()
    return list(AuditEvent.objects.order_by("sequence"))


def as_owner(statement: str, *values: str | int) -> None:
    """What somebody could do who may switch the trigger off."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_is_append_only")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER audit_is_append_only")


def guards_on() -> None:
    """The run of tests switches those against TRUNCATE off, as it empties tables after tests that commit."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER audit_refuses_truncate")


@pytest.mark.django_db
def test_each_event_carries_the_hash_of_the_one_before():
    user = User.objects.create_user("alice@example.com")
    record_event(
        None, events.SOURCE_CREATED, "source:1", name="Grüße 日本語", everyone=False, groups=[3, 1], empty=None
    )
    record_event(user, events.DOCUMENT_UPLOADED, "document:7", source=1, share=0.1, nested={"b": [1.5, True], "a": ""})
    record_event(user, events.SIGNED_OUT, "user:1", result="failed", before={"x": 1}, after=["y", None])
    assert chain_waiting() == 3
    rows = list(AuditEvent.objects.order_by("pk"))
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert [row.previous_hash for row in rows] == [GENESIS, rows[0].hash, rows[1].hash]
    assert (verify().broken, verify().entries) == (None, 3)


@pytest.mark.django_db
def test_an_entry_waits_for_its_place_and_is_there_meanwhile():
    event = record_event(None, events.SOURCE_CREATED, "source:1")
    assert (event.sequence, event.hash) == (None, None)
    assert AuditEvent.objects.get().pk == event.pk
    assert (verify().waiting, verify().oldest_waiting) == (1, event.at)
    chain_waiting()
    assert verify().waiting == 0


@pytest.mark.django_db
def test_small_batches_make_the_same_chain():
    for number in range(7):
        record_event(None, events.SOURCE_SYNCED, f"source:{number}")
    assert chain_waiting(batch=3) == 7
    assert verify(batch=2).entries == 7


@pytest.mark.django_db
@pytest.mark.parametrize("is_chained", [False, True])
@pytest.mark.parametrize(
    "act",
    [
        lambda: AuditEvent.objects.update(action="something else"),
        lambda: AuditEvent.objects.update(result="failed"),
        lambda: AuditEvent.objects.all().delete(),
        lambda: AuditEvent.objects.get().delete(),
        lambda: AuditEvent.objects.get().save(),
        lambda: AuditEvent.objects.update(sequence=9, hash="f" * 64, previous_hash="e" * 64, actor_label="bob"),
        lambda: AuditEvent.objects.all()._raw_delete("default"),
    ],
)
def test_the_database_refuses_to_change_or_delete_an_event(act, is_chained):
    record_event(None, events.SOURCE_CREATED, "source:1")
    if is_chained:
        chain_waiting()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()
    assert AuditEvent.objects.get().action == events.SOURCE_CREATED


@pytest.mark.django_db
def test_a_chained_event_never_moves():
    chained(1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.update(sequence=2)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.update(sequence=None, hash=None, previous_hash=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "place", [{"sequence": 1}, {"hash": "a" * 64}, {"previous_hash": GENESIS}, {"format": FIRST_FORMAT}]
)
def test_nothing_enters_with_a_place_that_it_chose(place):
    with pytest.raises(DatabaseError, match="begins outside of the chain"), transaction.atomic():
        AuditEvent.objects.create(actor_label="x", action="x", target="x", **place)


@pytest.mark.django_db
def test_a_number_that_is_equal_but_written_differently_is_a_change():
    record_event(None, events.SOURCE_CREATED, "source:1", share=1)
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        cursor.execute(
            "UPDATE audit_auditevent SET details = '{\"share\": 1.0}', sequence = 1, hash = 'a', previous_hash = 'b'"
        )


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_no_table_of_the_trail_can_be_truncated(table):
    """The run of tests switches this off, as it empties tables after tests that commit."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER audit_refuses_truncate")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table}")


@pytest.mark.django_db
def test_checkpoints_and_cuts_are_never_changed_or_removed():
    from app.audit.checkpoints import make_checkpoint

    chained(3)
    as_owner("UPDATE audit_auditevent SET at = at - interval '60 days'")
    made = make_checkpoint(2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT attest_audit_cut(2, 100)")
    for rows in (Checkpoint.objects.filter(pk=made.pk), Cut.objects.all()):
        for act in (partial(rows.update, hash="0"), rows.delete):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                act()


@pytest.mark.django_db
def test_an_event_survives_the_account_of_its_actor():
    user = User.objects.create_user("alice@example.com")
    record_event(user, events.SIGNED_IN, f"user:{user.pk}")
    user.delete()
    chain_waiting()
    assert AuditEvent.objects.get().actor_label == "alice@example.com"
    assert verify().broken is None


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_undone_leaves_no_event():
    def undone() -> None:
        with transaction.atomic():
            record_event(None, events.SOURCE_CREATED, "source:1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    record_event(None, events.SOURCE_CREATED, "source:2")
    chain_waiting()
    assert (AuditEvent.objects.get().sequence, verify().broken) == (1, None)


@pytest.mark.django_db(transaction=True)
def test_an_act_fails_with_its_entry():
    def act() -> None:
        with transaction.atomic():
            User.objects.create_user("new@example.com")
            record_event(None, "an action with a name that is far longer than any entry of the trail can hold" * 2, "x")

    with pytest.raises(DatabaseError):
        act()
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_an_act_that_is_not_finished_or_for_whoever_chains():
    """A writer whose transaction stays open, and a process that chains, hold up no other writer."""

    def write() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            record_event(None, events.SOURCE_SYNCED, "source:2")
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        record_event(None, events.SOURCE_SYNCED, "source:1")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        pool.submit(write).result(timeout=10)
    assert AuditEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_process_chains_at_a_time():
    def chain() -> int:
        try:
            return chain_waiting()
        finally:
            connection.close()

    record_event(None, events.SOURCE_SYNCED, "source:1")
    with transaction.atomic(), ThreadPoolExecutor(1) as pool, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        assert pool.submit(chain).result(timeout=10) == 0
    assert chain_waiting() == 1


@pytest.mark.django_db(transaction=True)
def test_writers_and_chainers_at_the_same_time_keep_one_chain():
    def write(writer: int) -> None:
        try:
            for number in range(EVENTS_EACH):
                record_event(None, events.SOURCE_SYNCED, f"source:{writer}", number=number)
                chain_waiting()
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    chain_waiting()
    proof = verify()
    assert (proof.broken, proof.entries, proof.waiting) == (None, WRITERS * EVENTS_EACH, 0)


@pytest.mark.django_db
def test_an_event_names_the_request_it_happened_in():
    structlog.contextvars.clear_contextvars()
    with structlog.contextvars.bound_contextvars(request_id="abc-12345"):
        address, trace = ADDRESS.set("192.0.2.7"), TRACE_ID.set("4bf92f3577b34da6a3ce929d0e0e4736")
        event = record_event(None, events.SIGNED_IN, "user:1")
        ADDRESS.reset(address)
        TRACE_ID.reset(trace)
    assert (event.request_id, event.address) == ("abc-12345", "192.0.2.7")
    assert event.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert record_event(None, events.SIGNED_IN, "user:1").request_id == ""


@pytest.mark.django_db
def test_a_visitor_without_an_account_and_the_system_are_both_nobody():
    from django.contrib.auth.models import AnonymousUser

    event = record_event(AnonymousUser(), events.SIGN_IN_FAILED, "user:unknown")
    assert (event.actor, event.actor_label) == (None, "system")


@pytest.mark.django_db
def test_no_secret_stands_in_an_entry():
    event = record_event(
        None, events.SOURCE_CHANGED, "source:1", password="hunter2", changed=["token"], prompt_tokens=7,
        before={"auth": {"client_secret": "old-secret", "user": "bob"}, "has_password": True},
        after={"auth": {"client_secret": "new-secret", "user": "bob"}, "api_key": ["k-1"], "cookie": ""},
    )  # fmt: skip
    event.refresh_from_db()
    said = json.dumps([event.details, event.before, event.after])
    assert not [each for each in ("hunter2", "old-secret", "new-secret", "k-1") if each in said]
    assert event.before == {"auth": {"client_secret": "(secret)", "user": "bob"}, "has_password": True}
    assert event.details == {"password": "(secret)", "changed": ["token"], "prompt_tokens": 7}
    assert event.after["cookie"] == ""


def test_settings_are_told_without_what_an_address_may_hide():
    told = settings_told({
        "url": "https://bob:hunter2@wiki.example.com/feed.xml?token=s3cret#top", "spaces": ["HR", "smb://a:b@nas/x"],
        "depth": 3, "drafts": None, "text": "y" * 9000,
    })  # fmt: skip
    assert told == {
        "url": "https://wiki.example.com/feed.xml?(secret)#top", "spaces": ["HR", "smb://nas/x"], "depth": 3,
        "drafts": None, "text": "y" * 500,
    }  # fmt: skip


@pytest.mark.django_db
def test_what_a_stranger_typed_can_always_be_kept():
    event = record_event(None, events.SIGN_IN_FAILED, "user:" + "x" * 400 + "\x00", said="a\x00b")
    event.refresh_from_db()
    assert (len(event.target), event.details) == (254, {"said": "ab"})


FIELDS = {
    "sequence": 2, "previous_hash": "b" * 64, "at": datetime(2026, 1, 2, tzinfo=UTC), "actor_id": 9,
    "actor_label": "bob", "action": "x", "target": "y", "result": "failed", "address": "192.0.2.1", "request_id": "r",
    "trace_id": "t", "details": {"a": 2}, "before": {}, "after": {},
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_the_hash_covers_every_field(name):
    def event(**changed: object) -> AuditEvent:
        fixed = {"at": datetime(2026, 1, 1, tzinfo=UTC), "sequence": 1, "previous_hash": GENESIS, "details": {"a": 1}}
        return AuditEvent(**{**fixed, **changed})

    assert event(**{name: FIELDS[name]}).computed_hash() != event().computed_hash()


def test_every_column_is_either_hashed_or_says_how():
    columns = {field.attname for field in AuditEvent._meta.concrete_fields}
    assert columns == set(FIELDS) | {"id", "hash", "format"}


@pytest.mark.django_db(transaction=True)
def test_entries_of_the_first_format_get_numbers_and_keep_their_hashes():
    """The migration in both directions, over rows as the release before wrote them."""
    executor = MigrationExecutor(connection)
    executor.migrate([("audit", "0003_events_outlive_accounts")])
    try:
        write_old_entries(3)
    finally:
        forward = MigrationExecutor(connection)
        forward.migrate(forward.loader.graph.leaf_nodes())
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_refuses_truncate")
    record_event(None, events.SOURCE_SYNCED, "source:9")
    chain_waiting()
    rows = list(AuditEvent.objects.order_by("sequence").values_list("sequence", "format"))
    assert rows == [(1, 1), (2, 1), (3, 1), (4, 2)]
    assert verify().broken is None
    as_owner("UPDATE audit_auditevent SET result = 'failed' WHERE sequence = 2")
    assert verify().broken.sequence == 2


def write_old_entries(number: int) -> None:
    previous, begin = GENESIS, timezone.now() - timedelta(days=1)
    for each in range(number):
        row = AuditEvent(
            format=FIRST_FORMAT, at=begin + timedelta(seconds=each), actor_label="alice@example.com",
            action="signed_in", target=f"user:{each}", details={"n": each, "share": 0.1}, request_id="r-1",
        )  # fmt: skip
        row.hash = entry_hash(row, 0, previous)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_auditevent (at, actor_label, action, target, details, request_id, previous_hash,"
                " hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                [row.at, row.actor_label, row.action, row.target, json.dumps(row.details), row.request_id, previous,
                 row.hash],
            )  # fmt: skip
        previous = row.hash
