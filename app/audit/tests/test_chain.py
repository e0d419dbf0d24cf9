"""The audit trail: append-only in the database itself, and chained so that a gap or a change is found."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog
from django.db import DatabaseError, connection, transaction

from app.accounts.models import User
from app.audit import events
from app.audit.events import record_event
from app.audit.models import GENESIS, AuditEvent

WRITERS = 4
EVENTS_EACH = 10


def broken_links() -> list[int]:
    """Rows whose hash is not that of their content, or that do not follow the row before them."""
    previous, broken = GENESIS, []
    for event in AuditEvent.objects.order_by("pk"):
        if event.previous_hash != previous or event.hash != event.computed_hash():
            broken.append(event.pk)
        previous = event.hash
    return broken


@pytest.mark.django_db
def test_each_event_carries_the_hash_of_the_one_before():
    user = User.objects.create_user("alice@example.com")
    record_event(
        None, events.SOURCE_CREATED, "source:1", name="Grüße 日本語", everyone=False, groups=[3, 1], empty=None
    )
    record_event(user, events.DOCUMENT_UPLOADED, "document:7", source=1, share=0.1, nested={"b": [1.5, True], "a": ""})
    record_event(user, events.SIGNED_OUT, "user:1")
    assert AuditEvent.objects.order_by("pk").first().previous_hash == GENESIS
    assert broken_links() == []


@pytest.mark.django_db
def test_a_changed_or_missing_row_is_found():
    rows = [record_event(None, events.SOURCE_SYNCED, f"source:{number}") for number in range(4)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_is_append_only")
        cursor.execute("UPDATE audit_auditevent SET target = 'source:9' WHERE id = %s", [rows[1].pk])
        assert broken_links() == [rows[1].pk]
        cursor.execute("DELETE FROM audit_auditevent WHERE id = %s", [rows[1].pk])
        assert broken_links() == [rows[2].pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "act",
    [
        lambda: AuditEvent.objects.update(action="something else"),
        lambda: AuditEvent.objects.all().delete(),
        lambda: AuditEvent.objects.get().delete(),
        lambda: AuditEvent.objects.get().save(),
        lambda: AuditEvent.objects.all()._raw_delete("default"),
    ],
)
def test_the_database_refuses_to_change_or_delete_an_event(act):
    record_event(None, events.SOURCE_CREATED, "source:1")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()
    assert AuditEvent.objects.get().action == events.SOURCE_CREATED


@pytest.mark.django_db
def test_an_event_survives_the_account_of_its_actor():
    user = User.objects.create_user("alice@example.com")
    record_event(user, events.SIGNED_IN, f"user:{user.pk}")
    user.delete()
    event = AuditEvent.objects.get()
    assert event.actor_label == "alice@example.com"
    assert broken_links() == []


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_undone_leaves_no_event():
    def undone() -> None:
        with transaction.atomic():
            record_event(None, events.SOURCE_CREATED, "source:1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    record_event(None, events.SOURCE_CREATED, "source:2")
    assert AuditEvent.objects.get().previous_hash == GENESIS


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_keep_one_chain():
    def write(writer: int) -> None:
        try:
            for number in range(EVENTS_EACH):
                record_event(None, events.SOURCE_SYNCED, f"source:{writer}", number=number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    assert AuditEvent.objects.count() == WRITERS * EVENTS_EACH
    assert broken_links() == []
    previous = AuditEvent.objects.values_list("previous_hash", flat=True)
    assert len(set(previous)) == WRITERS * EVENTS_EACH


@pytest.mark.django_db
def test_an_event_names_the_request_it_happened_in():
    structlog.contextvars.clear_contextvars()
    with structlog.contextvars.bound_contextvars(request_id="abc-12345"):
        assert record_event(None, events.SIGNED_IN, "user:1").request_id == "abc-12345"
    assert record_event(None, events.SIGNED_IN, "user:1").request_id == ""


@pytest.mark.django_db
def test_a_visitor_without_an_account_and_the_system_are_both_nobody():
    from django.contrib.auth.models import AnonymousUser

    event = record_event(AnonymousUser(), events.SIGN_IN_FAILED, "user:unknown")
    assert (event.actor, event.actor_label) == (None, "system")
