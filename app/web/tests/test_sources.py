"""Running sources in the browser: for admins, with every failure's reason, and no harm by a slip."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from app.corpus.models import Document, Source
from app.tests.world import World
from app.web.tests.conftest import Visitors
from ingestion.models import DocumentFailure, IngestionJob, SyncRun

HTMX = {"HX-Request": "true"}


@pytest.fixture
def failed(world: World) -> Document:
    document: Document = Document.objects.create(
        source=world.team_source, external_id="scan.pdf", access_set=world.team_source.access_set, state="failed"
    )
    DocumentFailure.objects.create(
        document=document, reason="scanned", message="The PDF holds only pictures of pages.", permanent=True
    )
    return document


def test_a_failure_is_shown_with_its_reason_and_can_be_retried(visitors: Visitors, failed: Document) -> None:
    ada, address = visitors.ada, f"/sources/{failed.source_id}/"
    assert "The PDF holds only pictures of pages." in ada.get(f"{address}?state=failed").text
    ada.post(f"{address}retry/", {"document": failed.pk})
    assert IngestionJob.objects.filter(document=failed).exists()


def test_all_failures_are_retried_at_once(visitors: Visitors, failed: Document) -> None:
    visitors.ada.post(f"/sources/{failed.source_id}/retry/")
    assert IngestionJob.objects.filter(document=failed).exists()


def test_a_running_sync_asks_for_its_progress_and_a_finished_one_does_not(visitors: Visitors, world: World) -> None:
    run = SyncRun.objects.create(source=world.team_source, queued=4)
    ada, address = visitors.ada, f"/sources/{world.team_source.pk}/state/"
    running = ada.get(address, headers=HTMX)
    assert 'hx-trigger="every 1s"' in running.text
    assert running.headers["HX-Trigger"] == "source-changed"
    SyncRun.objects.filter(pk=run.pk).update(state="succeeded", finished_at=timezone.now())
    settled = ada.get(address, headers=HTMX)
    assert "hx-trigger" not in settled.text
    assert settled.headers["HX-Trigger"] == "source-settled"


def test_one_file_by_script_gets_its_row_back(visitors: Visitors, world: World) -> None:
    file = SimpleUploadedFile("notes.md", b"# Notes\n\nText.")
    reply = visitors.ada.post(f"/sources/{world.team_source.pk}/upload", {"file": file}, headers=HTMX)
    document = Document.objects.get(external_id="notes.md")
    assert f'hx-get="/sources/{world.team_source.pk}/documents/{document.pk}/"' in reply.text


def test_an_empty_file_is_refused_in_plain_words(visitors: Visitors, world: World) -> None:
    file = SimpleUploadedFile("empty.md", b"")
    reply = visitors.ada.post(f"/sources/{world.team_source.pk}/upload", {"file": file}, headers=HTMX)
    assert reply.status_code == 422
    assert reply.text == "The file is empty; choose one with content."


def test_a_source_is_removed_only_by_its_name(visitors: Visitors, world: World) -> None:
    ada, address = visitors.ada, f"/sources/{world.team_source.pk}/remove/"
    assert "not the name" in ada.post(address, {"name": "team files"}).text
    ada.post(address, {"name": "Team files"})
    assert not Source.objects.filter(pk=world.team_source.pk).exists()
    assert not Document.objects.filter(pk=world.document.pk).exists()


def test_a_new_source_is_for_chosen_groups(visitors: Visitors, world: World) -> None:
    fields = {"name": "Contracts", "kind": "upload", "readers": "groups", "groups": [world.team.pk]}
    visitors.ada.post("/sources/new/", fields)
    source = Source.objects.get(name="Contracts")
    assert (source.access_set.everyone, source.access_set.group_ids) == (False, [world.team.pk])


def test_a_source_for_no_group_is_refused(visitors: Visitors) -> None:
    page = visitors.ada.post("/sources/new/", {"name": "Nobody's", "kind": "upload", "readers": "groups"}).text
    assert "Choose at least one group" in page


def test_a_taken_name_is_refused(visitors: Visitors, world: World) -> None:
    page = visitors.ada.post("/sources/new/", {"name": "Handbook", "kind": "upload", "readers": "everyone"}).text
    assert "There is a source called Handbook already" in page


def test_folders_are_offered_only_below_allowed_roots(visitors: Visitors, settings, tmp_path) -> None:
    ada = visitors.ada
    assert "Folder on the server" not in ada.get("/sources/new/").text
    settings.ATTEST_FOLDER_ROOTS = [str(tmp_path)]
    fields = {"name": "System", "kind": "folder", "path": "/etc", "readers": "everyone"}
    assert "not below one of ATTEST_FOLDER_ROOTS" in ada.post("/sources/new/", fields).text
    assert not Source.objects.filter(name="System").exists()


def test_settings_change_who_may_read(visitors: Visitors, world: World) -> None:
    address = f"/sources/{world.team_source.pk}/settings/"
    visitors.ada.post(address, {"name": "Team files", "readers": "everyone", "freshness_days": 30})
    source = Source.objects.get(pk=world.team_source.pk)
    assert source.access_set.everyone
    assert source.freshness_target is not None
    assert source.freshness_target.days == 30


def test_a_document_of_another_source_is_not_removed_through_this_one(visitors: Visitors, world: World) -> None:
    address = f"/sources/{world.team_source.pk}/documents/{world.handbook.pk}/remove/"
    assert visitors.ada.post(address).status_code == 404
    assert Document.objects.filter(pk=world.handbook.pk).exists()


def test_the_list_names_the_readers_of_each_source(visitors: Visitors, world: World) -> None:
    page = visitors.ada.get("/sources/").text
    assert ">team<" in page
    assert ">everybody<" in page
