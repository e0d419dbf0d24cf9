"""One person's data as a file: all of it, nobody else's, without secrets, for whoever asked alone, until it expires."""

import io
import json
import stat
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import ApiKey, User
from app.audit.models import AuditEvent
from app.privacy.exporting import ask_to_export, make_export
from app.privacy.files import file_of
from app.privacy.gathering import PARTS, WITHHELD
from app.privacy.models import PersonExport
from app.privacy.tasks import make_export as make_export_task
from app.privacy.tasks import take_up_lost_acts
from app.privacy.tests.person_of_marks import EMAIL, NAME, SAYS, Traces
from app.tests.sessions import as_if_just_signed_in
from app.tests.world import World, answered_question
from ingestion.sources import change_source

pytestmark = pytest.mark.django_db


def signed_in(user: User, *, seconds_ago: float = 0) -> Client:
    client = Client()
    client.force_login(user)
    return as_if_just_signed_in(client, seconds_ago=seconds_ago)


def exported(person: User, actor: User) -> dict[str, Any]:
    export = ask_to_export(person, actor=actor)
    make_export(export.pk)
    return contents(file_of(export).read_bytes())


def contents(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    return {name: json.loads(text) if name.endswith(".json") else text for name, text in texts.items()}


def test_a_person_gets_all_that_they_left(traces: Traces) -> None:
    found = exported(traces.user, traces.user)
    assert set(found) == {part.file for part in PARTS} | {"index.html"}
    assert (found["profile.json"][0]["email"], found["profile.json"][0]["name"]) == (EMAIL, NAME)
    assert found["profile.json"][0]["roles"] == ["reviewer", "source_admin"]
    assert found["profile.json"][0]["identity_providers"][0]["known_there_as"] == "zofia-1"
    assert found["groups.json"] == [{"group": "team", "given_by": ["local"]}]
    assert found["sessions.json"][0]["browser"] == "Zofia's browser"
    asked = found["conversations.json"][0]["questions"][0]
    assert asked["question"].startswith(SAYS)
    assert asked["answer"]["text"].startswith(SAYS)
    assert asked["answer"]["sources"][0]["quote"]
    assert found["feedback.json"][0]["comment"] == SAYS
    assert found["citation-reports.json"][0]["comment"] == SAYS
    assert {row.get("comment") or row.get("note") for row in found["reviews.json"]} == {SAYS}
    assert found["usage.json"][0]["cost_usd"] == "2.000000"
    assert found["keys.json"][0]["name"] == "Zofia's key"
    assert any(row["what"] == "api_key_created" for row in found["audit.json"])
    for part in PARTS:
        assert part.file in found["index.html"]


def test_no_secret_and_nobody_else_is_in_it(world: World, traces: Traces) -> None:
    found = json.dumps(exported(traces.user, traces.user))
    key = ApiKey.objects.get(user=traces.user)
    for secret in (key.secret_hash, traces.user.password, '\\"secret\\"'):
        assert secret not in found
    for other in (world.alice, world.bob, world.ada):
        assert other.email not in found, other
    assert world.question.text not in found


def test_words_of_documents_that_the_person_may_not_read_any_more_are_left_out(world: World, traces: Traces) -> None:
    traces.user.groups.clear()
    found = exported(traces.user, traces.user)
    answer = found["conversations.json"][0]["questions"][0]["answer"]
    assert answer["text"] == WITHHELD
    assert "sources" not in answer
    assert PersonExport.objects.get().withheld == 1


def test_an_admin_gets_no_document_by_it_that_they_may_not_read(world: World) -> None:
    """A role opens no document, and neither does an export."""
    answered_question(world.alice, "How many days?", world.handbook)
    found = exported(world.alice, world.ada)
    answers = [each["questions"][0]["answer"] for each in found["conversations.json"]]
    assert answers[0]["text"] == WITHHELD
    assert "28 days" in answers[1]["text"]
    assert "480,000" not in json.dumps(found)


def test_a_file_that_tells_of_what_may_not_be_read_any_more_is_gone(world: World) -> None:
    """It lies for days, and a right that is taken away holds from the next request on."""
    export = world.person_export
    client, address = signed_in(world.alice), reverse("person_export", args=[export.pk])
    assert b"480,000" in json.dumps(contents(client.get(address).getvalue())).encode()
    world.alice.groups.clear()
    page = client.get(address, follow=True)
    assert page.redirect_chain[-1][0] == reverse("my_data")
    assert "What may be read changed since this file was made" in page.content.decode()
    assert not file_of(export).exists()
    assert not PersonExport.objects.exists()


def test_the_same_where_the_admin_who_asked_lost_the_right(world: World) -> None:
    answered_question(world.alice, "How many days?", world.handbook)
    export = ask_to_export(world.alice, actor=world.ada)
    make_export(export.pk)
    client, address = signed_in(world.ada), reverse("person_export", args=[export.pk])
    assert client.get(address).getvalue()
    change_source(world.handbook_source, actor=world.ada, everyone=False, group_ids=[world.team.pk])
    assert client.get(address).headers["Location"] == reverse("person_data", args=[world.alice.pk])
    assert not file_of(export).exists()


def test_the_file_is_private(world: World) -> None:
    export = ask_to_export(world.alice, actor=world.alice)
    make_export(export.pk)
    assert stat.S_IMODE(file_of(export).stat().st_mode) == 0o600
    assert stat.S_IMODE(file_of(export).parent.stat().st_mode) == 0o700


def test_made_and_fetched_on_the_page_and_audited(world: World) -> None:
    client = signed_in(world.alice)
    response = client.post(reverse("my_data"), follow=True)
    export = PersonExport.objects.get()
    address = reverse("person_export", args=[export.pk])
    assert address in response.content.decode()
    file = client.get(address)
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert "no-store" in file.headers["Cache-Control"]
    assert contents(file.getvalue())["profile.json"][0]["email"] == world.alice.email
    told = AuditEvent.objects.filter(action__startswith="person_export").order_by("pk")
    assert [each.action for each in told] == ["person_export_asked", "person_export_made", "person_export_fetched"]
    assert {each.target for each in told} == {f"user:{world.alice.pk}"}


def test_nobody_else_can_fetch_it(world: World) -> None:
    export = world.person_export
    for other in (world.bob, world.ada):
        assert signed_in(other).get(reverse("person_export", args=[export.pk])).status_code == 404


def test_an_admin_who_is_none_any_more_cannot_fetch_it(world: World) -> None:
    export = ask_to_export(world.alice, actor=world.ada)
    make_export(export.pk)
    client, address = signed_in(world.ada), reverse("person_export", args=[export.pk])
    response = client.get(address)
    assert response.status_code == 200
    assert response.getvalue()
    User.objects.filter(pk=world.ada.pk).update(roles=[])
    assert client.get(address).status_code == 404


def test_whoever_has_not_confirmed_lately_is_asked_to(world: World) -> None:
    long_ago = 60 * settings.ATTEST_CONFIRM_MINUTES + 1
    client = signed_in(world.alice, seconds_ago=long_ago)
    assert client.post(reverse("my_data")).headers["Location"].startswith("/accounts/")
    assert not PersonExport.objects.exists()
    export = world.person_export
    assert client.get(reverse("person_export", args=[export.pk])).headers["Location"].startswith("/accounts/")


def test_it_expires(world: World) -> None:
    export = world.person_export
    PersonExport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    client = signed_in(world.alice)
    assert client.get(reverse("person_export", args=[export.pk])).status_code == 404
    assert "Download" not in client.get(reverse("my_data")).content.decode()


def test_a_new_one_takes_the_place_of_the_old_one(world: World) -> None:
    old = world.person_export
    ask_to_export(world.alice, actor=world.alice)
    assert not file_of(old).exists()
    assert PersonExport.objects.count() == 1


def test_much_is_left_to_a_worker(world: World, monkeypatch) -> None:
    begun: list[int] = []
    monkeypatch.setattr(make_export_task, "delay", begun.append)
    monkeypatch.setattr("app.privacy.exporting.LARGE", 0)
    client = signed_in(world.alice)
    page = client.post(reverse("my_data"), follow=True).content.decode()
    assert "is being made" in page
    assert begun == [PersonExport.objects.get().pk]
    PersonExport.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    take_up_lost_acts()
    make_export_task(begun[1])
    assert "Download" in client.get(reverse("my_data")).content.decode()


def test_one_that_fails_says_so_and_leaves_no_file(world: World, monkeypatch) -> None:
    export = ask_to_export(world.alice, actor=world.alice)
    monkeypatch.setattr("app.privacy.exporting.render_to_string", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_export(export.pk)
    assert PersonExport.objects.get().state == PersonExport.State.FAILED
    assert [path.name for path in file_of(export).parent.iterdir() if path.name.startswith(f"{export.pk}.")] == []


def test_one_that_went_while_it_was_made_leaves_no_file(world: World, monkeypatch) -> None:
    export = ask_to_export(world.alice, actor=world.alice)
    monkeypatch.setattr("app.privacy.exporting.render_to_string", lambda *_: PersonExport.objects.all().delete() and "")
    make_export(export.pk)
    assert [path.name for path in file_of(export).parent.iterdir() if path.name.startswith(f"{export.pk}.")] == []
    assert not AuditEvent.objects.filter(action="person_export_made").exists()
