"""The audit log's pages: who may open them, what filters find, what exports hold, and that reading is recorded."""

import csv
import io
import json
import re

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from app.accounts.models import User
from app.audit import events
from app.audit.chaining import chain_waiting
from app.audit.events import record_event
from app.audit.models import AuditEvent, LegalHold
from app.audit.tests.test_chain import as_owner, chained, guards_on
from app.audit.verifying import remember, verify
from app.telemetry.origin import ADDRESS
from app.tests.sessions import as_if_just_signed_in
from app.web import audit_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client: Client) -> Client:
    """Signed in as Olga, who audits and does nothing else."""
    client.force_login(User.objects.create_user("olga@example.com", roles=["auditor"]))
    as_if_just_signed_in(client)
    return client


def shown(client: Client, query: str = "") -> list[str]:
    """The objects of the rows of the page."""
    page = client.get(f"/audit/{query}")
    assert page.status_code == 200
    return re.findall(r'<span class="mono">([^<]+)</span>', page.content.decode())


def text_of(client: Client, address: str = "/audit/") -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(address).content.decode()).split())


def some_entries() -> None:
    alice, bob = (User.objects.create_user(f"{name}@example.com") for name in ("alice", "bob"))
    record_event(alice, events.SIGNED_IN, "user:1", address="192.0.2.1")
    record_event(bob, events.DOCUMENT_OPENED, "document:7")
    record_event(bob, events.DOCUMENT_OPENED, "document:77")
    record_event(None, events.SIGN_IN_FAILED, "user:unknown", result="refused")
    chain_waiting()


@pytest.mark.parametrize("roles", [[], ["reviewer"], ["operator"], ["source_admin"]])
@pytest.mark.parametrize("address", ["/audit/", "/audit/export.csv", "/audit/holds/new/"])
def test_for_others_there_is_no_such_page(client, roles, address):
    client.force_login(User.objects.create_user("eve@example.com", roles=roles))
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("query", "objects"),
    [
        ("?who=alice", ["user:1"]), ("?who=BOB@example.com", ["document:77", "document:7"]),
        ("?what=document_opened", ["document:77", "document:7"]), ("?about=document:7", ["document:7"]),
        ("?about=document:", ["document:77", "document:7"]), ("?result=refused", ["user:unknown"]),
        ("?address=192.0.2.1", ["user:1"]), ("?request=none-such", []), ("?from=2100-01-01", []),
        ("?to=2000-01-01", []), ("?who=bob&about=document:7", ["document:7"]), ("?who=%00", None),
        ("?what=nonsense", None), ("?from=nonsense&before=x&after=-1", None),
    ],
)  # fmt: skip
def test_filters_find_what_they_say(auditor, query, objects):
    some_entries()
    found = shown(auditor, query)
    assert len(found) >= 4 if objects is None else found == objects


def test_reading_is_recorded_with_what_was_looked_for(auditor):
    some_entries()
    auditor.get("/audit/?who=alice&from=2026-01-01")
    read = AuditEvent.objects.latest("pk")
    assert (read.action, read.actor_label, read.target) == ("audit_read", "olga@example.com", "audit")
    assert read.details == {"entries": 1, "filters": {"who": "alice", "first": "2026-01-01"}}
    auditor.get(f"/audit/{read.pk}/")
    assert AuditEvent.objects.latest("pk").target == f"audit:{read.pk}"


@pytest.mark.parametrize("page", ["/audit/", "/audit/export.csv", "/audit/export.jsonl"])
def test_what_an_auditor_looks_for_is_never_taken_for_where_they_are_or_how_it_ended(auditor, page):
    answer = auditor.get(f"{page}?address=203.0.113.9&result=failed&before=1&after=2", REMOTE_ADDR="192.0.2.77")
    assert answer.status_code == 200
    read = AuditEvent.objects.latest("pk")
    assert (read.address, read.result, read.before, read.after) == ("192.0.2.77", "ok", None, None)
    assert read.details["filters"] == {"result": "failed", "address": "203.0.113.9"}


def test_pages_go_on_by_number_and_new_entries_move_nothing(auditor, monkeypatch):
    monkeypatch.setattr(audit_page, "PAGE_SIZE", 3)
    chained(8)
    newest = auditor.get("/audit/?what=source_synced").context["page"]
    assert [each.target for each in newest.entries] == ["source:7", "source:6", "source:5"]
    assert newest.newer is None
    chained(1)
    second = auditor.get(f"/audit/?what=source_synced&before={newest.older}").context["page"]
    assert [each.target for each in second.entries] == ["source:4", "source:3", "source:2"]
    last = auditor.get(f"/audit/?what=source_synced&before={second.older}").context["page"]
    assert ([each.target for each in last.entries], last.older) == (["source:1", "source:0"], None)
    back = auditor.get(f"/audit/?what=source_synced&after={last.newer}").context["page"]
    assert [each.target for each in back.entries] == ["source:4", "source:3", "source:2"]
    assert (back.older, back.newer) == (second.entries[-1].pk, second.entries[0].pk)


def test_an_entry_shows_what_a_setting_was_and_became(auditor):
    event = record_event(
        None, events.SOURCE_CHANGED, "source:1", before={"name": "Old", "same": 1},
        after={"name": "<b>New</b>", "same": 1}, why=["a", "b"],
    )  # fmt: skip
    page = auditor.get(f"/audit/{event.pk}/").content.decode()
    row = re.search(r'<tr class="is-changed"><th scope="row">name</th>.*?</tr>', page)
    assert row
    assert "Old" in row[0]
    assert "&lt;b&gt;New&lt;/b&gt;" in row[0]
    assert page.count("is-changed") == 1
    assert "It waits for its place" in page
    chain_waiting()
    event.refresh_from_db()
    assert event.hash in auditor.get(f"/audit/{event.pk}/").content.decode()


def test_the_state_of_the_chain_is_told(auditor):
    assert "Not yet" in text_of(auditor)
    chained(3)
    remember(verify())
    assert "Whole" in text_of(auditor)
    record_event(None, events.SOURCE_SYNCED, "source:9")
    assert "the oldest just now" in text_of(auditor)
    assert "guard is switched off (audit_auditevent.audit_refuses_truncate" in text_of(auditor), "as in all tests"
    guards_on()
    assert "could switch that off" in text_of(auditor)
    as_owner("UPDATE audit_auditevent SET target = 'x' WHERE sequence = 2")
    remember(verify())
    assert "The chain is broken. Entry 2" in text_of(auditor)


def test_nothing_found_and_nothing_there_say_what_to_do(auditor):
    assert "Try fewer filters" in text_of(auditor, "/audit/?who=nobody")
    as_owner("DELETE FROM audit_auditevent")
    assert "Nothing here yet" in text_of(auditor)


def exported(client: Client, form: str, query: str = "") -> str:
    response = client.get(f"/audit/export.{form}{query}")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"

    async def read() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])  # type: ignore[attr-defined]

    return async_to_sync(read)().decode()


@pytest.mark.django_db(transaction=True)
def test_exports_hold_the_entries_found_and_are_recorded_first(auditor):
    some_entries()
    record_event(None, events.SOURCE_CHANGED, "=cmd()", before={"a": 1})
    lines = [json.loads(line) for line in exported(auditor, "jsonl", "?who=bob").splitlines()]
    assert [line["target"] for line in lines] == ["document:7", "document:77"]
    assert lines[0]["hash"] == AuditEvent.objects.get(target="document:7").hash
    assert AuditEvent.objects.latest("pk").details == {"form": "jsonl", "filters": {"who": "bob"}}
    rows = list(csv.DictReader(io.StringIO(exported(auditor, "csv"))))
    assert [row["target"] for row in rows][-3:] == ["'=cmd()", "audit", "audit"]
    assert rows[-3]["before"] == '{"a": 1}'
    assert (rows[-1]["action"], rows[-1]["actor"]) == ("audit_exported", "olga@example.com")
    assert auditor.get("/audit/export.xml").status_code == 404


def test_a_hold_is_made_and_lifted_on_the_page(auditor):
    alice = User.objects.create_user("alice@example.com")
    record_event(alice, events.SIGNED_IN, f"user:{alice.pk}")
    chain_waiting()
    said = {"scope": "person", "subject": "alice@example.com", "reason": "A lawsuit."}
    page = auditor.post("/audit/holds/new/", said, follow=True).content.decode()
    made = LegalHold.objects.get()
    assert (made.person_id, made.made_by) == (alice.pk, "olga@example.com")
    assert "Held from entry 1 on" in page
    assert "and every entry behind it" in page
    assert auditor.get(f"/audit/holds/{made.pk}/lift/").status_code == 200
    assert auditor.post(f"/audit/holds/{made.pk}/lift/", {"reason": ""}).status_code == 422
    assert (
        "No legal hold stands"
        in auditor.post(f"/audit/holds/{made.pk}/lift/", {"reason": "Settled."}, follow=True).content.decode()
    )
    assert auditor.get(f"/audit/holds/{made.pk}/lift/").status_code == 404


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"scope": "person", "subject": "alice", "reason": "x"}, "Give the person"),
        ({"scope": "object", "subject": " ", "reason": "x"}, "Name the person or the object"),
        ({"scope": "all", "reason": ""}, "This field is required"),
    ],
)
def test_a_hold_that_makes_no_sense_says_what_to_change(auditor, said, error):
    page = auditor.post("/audit/holds/new/", said)
    assert page.status_code == 422
    assert error in page.content.decode()


def test_an_address_is_that_of_the_request_and_nobody_can_choose_it(client):
    from app.accounts.models import User

    client.force_login(User.objects.create_user("olga@example.com", roles=["auditor"]))

    as_if_just_signed_in(client)
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    client.get("/audit/", REMOTE_ADDR="192.0.2.9", headers={"X-Forwarded-For": "6.6.6.6", "traceparent": trace})
    read = AuditEvent.objects.latest("pk")
    assert (read.address, read.trace_id) == ("192.0.2.9", "4bf92f3577b34da6a3ce929d0e0e4736")
    assert len(read.request_id) >= 8
    assert ADDRESS.get() in ("", "192.0.2.9")
