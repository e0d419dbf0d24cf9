"""The proof of the chain names the first place where it breaks, and checkpoints show what the chain alone cannot."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from app.audit import events, tasks
from app.audit.chaining import chain_waiting
from app.audit.checkpoints import make_checkpoint
from app.audit.events import record_event
from app.audit.hashing import entry_hash
from app.audit.models import AuditEvent, Checkpoint, Forwarding, Verification
from app.audit.signing import Statement, as_text, public_key
from app.audit.tests.test_chain import as_owner, chained
from app.audit.verifying import remember, verify

pytestmark = pytest.mark.django_db


def verify_audit(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as refusal:
        verify_audit(*arguments)
    assert refusal.value.returncode == 1
    return str(refusal.value)


def rewrite_from(sequence: int) -> None:
    """Change an entry and give it and all behind it fitting hashes, as only the owner of the table could."""
    as_owner("UPDATE audit_auditevent SET target = 'source:forged' WHERE sequence = %s", sequence)
    previous = AuditEvent.objects.get(sequence=sequence - 1).hash or ""
    for event in AuditEvent.objects.filter(sequence__gte=sequence).order_by("sequence"):
        forged = entry_hash(event, event.sequence or 0, previous)
        as_owner("UPDATE audit_auditevent SET previous_hash = %s, hash = %s WHERE id = %s", previous, forged, event.pk)
        previous = forged


def test_a_whole_chain_is_said_to_be_whole_and_what_waits_is_told():
    assert "0 entries" in verify_audit()
    chained(5)
    record_event(None, events.SOURCE_SYNCED, "source:9")
    said = verify_audit()
    assert "The chain is whole: 5 entries from the beginning to entry 5" in said
    assert "1 entries wait" in said
    assert Verification.objects.latest().last_sequence == 5


@pytest.mark.parametrize(
    "change",
    [
        "target = 'source:9'", "actor_label = 'bob'", "actor_id = 7", "action = 'x'", "result = 'failed'",
        "address = '192.0.2.1'", "request_id = 'r'", "trace_id = 't'", "details = '{\"a\": 1}'", "before = '1'",
        "after = '1'", "at = at + interval '1 microsecond'",
    ],
)  # fmt: skip
def test_each_changed_field_is_found_and_the_row_named(change):
    rows = chained(4)
    as_owner(f"UPDATE audit_auditevent SET {change} WHERE sequence = 2")
    assert f"Entry 2 (row {rows[1].pk}): its hash is not that of its content" in refused()


def test_a_missing_entry_is_a_gap():
    rows = chained(5)
    as_owner("DELETE FROM audit_auditevent WHERE sequence IN (2, 3)")
    assert f"Entry 4 (row {rows[3].pk}): the sequence has a gap before it: 2 to 3 missing." in refused()


def test_a_missing_beginning_is_a_gap():
    chained(3)
    as_owner("DELETE FROM audit_auditevent WHERE sequence = 1")
    assert "gap before it: 1 missing" in refused()


def test_an_entry_that_was_taken_out_and_the_rest_renumbered_is_found():
    rows = chained(4)
    as_owner("DELETE FROM audit_auditevent WHERE sequence = 2")
    as_owner("UPDATE audit_auditevent SET sequence = sequence - 1 WHERE sequence = 3")
    assert f"Entry 2 (row {rows[2].pk}): it does not carry the hash of the entry before it." in refused()


def test_a_chain_that_was_rewritten_as_a_whole_is_found_by_a_checkpoint():
    chained(4)
    rewrite_from(2)
    assert verify().broken is None
    chained(2)
    make_checkpoint(4)
    rewrite_from(3)
    assert "Entry 4" in refused()
    assert "a signed checkpoint says another hash" in refused()


def test_a_tail_that_was_cut_off_is_found_by_a_checkpoint():
    chained(4)
    make_checkpoint()
    as_owner("DELETE FROM audit_auditevent WHERE sequence > 2")
    assert "Entry 4 (no row)" in refused()
    assert "the chain ends at 2: its end was cut off" in refused()


def test_a_checkpoint_kept_elsewhere_finds_what_was_removed_together_with_the_table_of_checkpoints(tmp_path, settings):
    settings.ATTEST_AUDIT_CHECKPOINT_DIR = tmp_path
    chained(4)
    call_command("audit_checkpoint", "--to", str(tmp_path), stdout=StringIO())
    kept = str(next(tmp_path.glob("audit-*.json")))
    assert "1 signed checkpoints met" in verify_audit()
    assert "2 signed checkpoints met" in verify_audit("--checkpoint", kept)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_checkpoint DISABLE TRIGGER audit_is_append_only")
    Checkpoint.objects.all().delete()
    rewrite_from(2)
    assert "The chain is whole" in verify_audit()
    assert "Entry 4" in refused("--checkpoint", kept)
    as_owner("DELETE FROM audit_auditevent WHERE sequence > 2")
    assert "cut off" in refused("--checkpoint", kept)


@pytest.mark.parametrize("name", ["sequence", "hash", "count", "made_at", "signature"])
def test_a_changed_checkpoint_is_not_believed(name, tmp_path):
    chained(2)
    body = json.loads(as_text(Statement.of(make_checkpoint())))
    body[name] = {
        "sequence": 1, "count": 9, "made_at": "2020-01-01T00:00:00+00:00", "signature": "AAAA", "hash": "0" * 64
    }[name]  # fmt: skip
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(body))
    assert "signature does not hold" in refused("--checkpoint", str(path))


def test_a_checkpoint_of_another_key_is_not_believed(tmp_path, settings):
    chained(2)
    settings.ATTEST_AUDIT_KEYS = ["somebody else's secret"]
    path = tmp_path / "strange.json"
    path.write_text(as_text(Statement.of(make_checkpoint())))
    strange = public_key()
    settings.ATTEST_AUDIT_KEYS = []
    assert "bears no signature of ours" in refused()
    assert "signature does not hold" in refused("--checkpoint", str(path))
    settings.ATTEST_AUDIT_KEYS = ["a new one", "somebody else's secret"]
    assert "whole" in verify_audit("--checkpoint", str(path), "--public-key", strange)
    assert "signature does not hold" in refused("--checkpoint", str(path), "--public-key", public_key())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "x"}', "\x00", '{"sequence": []}'])
def test_a_file_that_is_no_checkpoint_is_said_to_be_none(text, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(text)
    assert "not a checkpoint" in refused("--checkpoint", str(path))
    assert "No such file" in refused("--checkpoint", str(tmp_path / "missing.json"))


@pytest.mark.django_db(transaction=True)
def test_the_daily_task_writes_the_checkpoint_to_its_folder(tmp_path, settings):
    settings.ATTEST_AUDIT_CHECKPOINT_DIR = tmp_path / "made" / "when needed"
    tasks.sign_checkpoint()
    assert not Checkpoint.objects.exists()
    record_event(None, events.SOURCE_SYNCED, "source:1")
    tasks.chain_audit()
    tasks.sign_checkpoint()
    [path] = (tmp_path / "made" / "when needed").iterdir()
    body = json.loads(path.read_text())
    assert (body["sequence"], body["count"], body["hash"]) == (1, 1, AuditEvent.objects.get().hash)
    assert body["public_key"] == public_key()


@pytest.mark.django_db(transaction=True)
def test_a_folder_that_cannot_be_written_leaves_the_checkpoint_in_the_database(tmp_path, settings):
    (tmp_path / "a file").write_text("")
    settings.ATTEST_AUDIT_CHECKPOINT_DIR = tmp_path / "a file"
    record_event(None, events.SOURCE_SYNCED, "source:1")
    tasks.chain_audit()
    tasks.sign_checkpoint()
    assert Checkpoint.objects.count() == 1


def test_the_command_signs_also_what_waited(tmp_path, settings):
    settings.ATTEST_AUDIT_CHECKPOINT_DIR = tmp_path
    with pytest.raises(CommandError, match="no entry to sign"):
        call_command("audit_checkpoint")
    record_event(None, events.SOURCE_SYNCED, "source:1")
    out = StringIO()
    call_command("audit_checkpoint", "--json", stdout=out)
    assert json.loads(out.getvalue())["sequence"] == 1


def test_a_break_is_remembered_for_the_page_and_the_metrics():
    from app.ops import audit_metrics
    from app.telemetry.metrics import AUDIT_CHAIN_BROKEN, AUDIT_OLDEST_WAITING_SECONDS, AUDIT_WAITING

    chained(3)
    tasks.verify_chain()
    record_event(None, events.SOURCE_SYNCED, "source:1")
    audit_metrics.refresh()
    assert (AUDIT_CHAIN_BROKEN._value.get(), AUDIT_WAITING._value.get()) == (0, 1)
    assert AUDIT_OLDEST_WAITING_SECONDS._value.get() > 0
    as_owner("UPDATE audit_auditevent SET target = 'x' WHERE sequence = 2")
    tasks.verify_chain()
    audit_metrics.refresh()
    assert AUDIT_CHAIN_BROKEN._value.get() == 1
    assert Verification.objects.latest().problem.startswith("Entry 2 ")


def test_the_memory_needed_does_not_grow_with_the_chain(django_assert_max_num_queries):
    """A batch is read at a time: as many queries as batches, and one more."""
    for number in range(25):
        record_event(None, events.SOURCE_SYNCED, f"source:{number}")
    chain_waiting()
    with django_assert_max_num_queries(9) as queries:
        assert verify(batch=10).entries == 25
    assert sum("LIMIT 10" in each["sql"] for each in queries.captured_queries) == 3


def test_the_file_of_a_checkpoint_is_named_after_what_it_says(tmp_path: Path, settings):
    settings.ATTEST_AUDIT_CHECKPOINT_DIR = tmp_path
    chained(1)
    call_command("audit_checkpoint", "--to", str(tmp_path), stdout=StringIO())
    assert [path.name.startswith("audit-000000000001-") for path in tmp_path.glob("*.json")] == [True]


@pytest.mark.parametrize("seen_by", ["a proof", "the receiver"])
def test_an_end_that_was_cut_off_since_the_last_checkpoint_is_missed_too(seen_by):
    chained(5)
    if seen_by == "a proof":
        remember(verify())
    else:
        Forwarding.objects.create(receiver="https://siem.example.com", sequence=5)
    as_owner("DELETE FROM audit_auditevent WHERE sequence >= 4")
    assert "Entry 5 (no row): it was there when" in str(verify().broken)
    assert "the chain ends at 3: its end was cut off" in str(verify().broken)
