"""A role of its own for the product: it records, chains and removes by the rules, and can do no more to entries."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.utils import ProgrammingError

from app.accounts.models import User
from app.audit import events
from app.audit.chaining import chain_waiting
from app.audit.checkpoints import make_checkpoint
from app.audit.checks import role_cannot_change_the_trail
from app.audit.database_role import GUARDS, TABLES, power
from app.audit.events import record_event
from app.audit.models import AuditEvent, LegalHold
from app.audit.retention import hold, lift, remove_old
from app.audit.tests.test_chain import chained, guards_on
from app.audit.tests.test_retention import entry
from app.audit.verifying import remember, verify

pytestmark = pytest.mark.django_db
ROLE = "attest_app_of_tests"


@contextmanager
def as_application() -> Iterator[None]:
    """The rest of the transaction's work with the rights of the role alone; it ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        yield
        cursor.execute("RESET ROLE")


@pytest.fixture(autouse=True)
def role(db: None) -> None:
    """Made and forgotten with the test's transaction."""
    guards_on()
    call_command("audit_role", "--role", ROLE, "--run", stdout=StringIO())


def test_the_role_does_the_product_s_work(settings):
    settings.ATTEST_AUDIT_DAYS = 30
    user = User.objects.create_user("alice@example.com")
    for target in ("source:1", "source:2"):
        entry(target, 90)
    with as_application():
        record_event(user, events.SIGNED_IN, f"user:{user.pk}")
        chained(3)
        User.objects.filter(pk=user.pk).update(name="Alice")
        assert make_checkpoint(2) is not None
        made = hold(user, LegalHold.Scope.ALL, "", "A lawsuit.")
        lift(user, made.pk, "Settled.")
        assert remove_old() == 2
        chain_waiting()
        proof = verify()
        remember(proof)
        assert proof.broken is None
        call_command("migrate", verbosity=0)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {}", "DROP TRIGGER audit_refuses_truncate ON {}",
        "CREATE TRIGGER t BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION attest_refuse()",
    ],
)  # fmt: skip
def test_the_role_can_change_no_table_of_the_trail(statement, table):
    refused = pytest.raises(ProgrammingError, match="permission denied|must be owner")
    with as_application(), connection.cursor() as cursor, refused, transaction.atomic():
        cursor.execute(statement.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE OR REPLACE FUNCTION attest_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica", "INSERT INTO audit_cut (sequence, hash, at) VALUES (1, '', now())",
        "DELETE FROM django_migrations", "SET ROLE postgres_of_somebody", "ALTER ROLE CURRENT_USER SUPERUSER",
        "UPDATE audit_legalhold SET reason = ''",
        "SELECT attest_audit_cut((SELECT max(sequence) FROM audit_checkpoint), 100)",
        "ALTER TABLE audit_cut DISABLE TRIGGER audit_cut_is_old_enough",
        "CREATE OR REPLACE FUNCTION attest_guard_audit_youth() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW;"
        " END'",
    ],
)  # fmt: skip
def test_the_role_finds_no_way_round(statement):
    chained(3)
    make_checkpoint(2)
    with as_application(), connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement", ["SELECT attest_audit_cut(2, 100)", "SELECT attest_audit_chain('{}', 1, '', '{}')"]
)
def test_a_role_that_only_reads_can_neither_remove_nor_chain(statement):
    """PostgreSQL lets every role call a function unless that is taken back."""
    for target in ("source:1", "source:2", "source:3"):
        entry(target, 90)
    chain_waiting()
    make_checkpoint(2)
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE attest_reporter_of_tests; GRANT USAGE ON SCHEMA public TO attest_reporter_of_tests")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO attest_reporter_of_tests")
        cursor.execute("SET LOCAL ROLE attest_reporter_of_tests")
        with pytest.raises(ProgrammingError, match="permission denied for function"), transaction.atomic():
            cursor.execute(statement)
        cursor.execute("RESET ROLE")


def test_a_role_that_owns_the_schema_is_told_that_it_could_drop_the_tables():
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SCHEMA public OWNER TO {ROLE}")
    with as_application():
        found = power()
        assert (found.is_owner, found.could_switch_off) == (False, True)
        assert "owns the schema, so it may drop the table, and could switch that off" in found.words


@pytest.mark.parametrize(("table", "trigger"), GUARDS)
def test_each_guard_that_is_switched_off_is_told(table, trigger):
    assert power().trigger_is_on
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    assert power().off == (f"{table}.{trigger}",)
    assert f"switched off ({table}.{trigger})" in power().words


def test_the_page_and_the_check_say_what_the_current_role_could_do(settings):
    settings.DATABASE_URL = "postgresql://somewhere/attest"
    assert power().could_switch_off
    assert "is a superuser and could switch that off" in power().words
    assert [each.id for each in role_cannot_change_the_trail()] == ["audit.W001"]
    with as_application():
        assert not power().could_switch_off
        assert not power().may_change
        assert "could not switch that off" in power().words
        assert role_cannot_change_the_trail() == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_is_append_only")
    assert "is switched off" in power().words
    assert [each.id for each in role_cannot_change_the_trail()] == ["audit.E001"]


def test_the_embedded_database_has_one_role_and_nothing_to_warn_of(settings):
    settings.DATABASE_URL = ""
    assert role_cannot_change_the_trail() == []


def test_the_command_prints_what_it_would_run():
    out = StringIO()
    call_command("audit_role", "--role", 'odd "role"', stdout=out)
    assert 'REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON "public".audit_auditevent' in out.getvalue()
    assert 'FROM "odd ""role""";' in out.getvalue()
    assert AuditEvent.objects.count() == 0
