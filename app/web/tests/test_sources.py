"""Running sources in the browser: for admins, at a glance, and no harm by a slip."""

import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.corpus.models import AccessSet, Document, Source
from app.tests.world import World
from app.web.bounded_paginator import BoundedPaginator
from app.web.tests.conftest import Visitors
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.sources import create_source, remove_source

HTMX = {"HX-Request": "true"}
SLOWEST_PAGE_S = 2.0


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
    for page in (f"{address}?state=failed", f"{address}failures/", f"{address}documents/{failed.pk}/"):
        assert "The PDF holds only pictures of pages." in ada.get(page).text
    ada.post(f"{address}retry/", {"document": failed.pk})
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
    assert f'hx-get="/sources/{world.team_source.pk}/documents/{document.pk}/state/"' in reply.text


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


def test_a_document_of_another_source_is_not_removed_through_this_one(visitors: Visitors, world: World) -> None:
    address = f"/sources/{world.team_source.pk}/documents/{world.handbook.pk}/remove/"
    assert visitors.ada.post(address).status_code == 404
    assert Document.objects.filter(pk=world.handbook.pk).exists()


def test_the_list_names_the_readers_of_each_source(visitors: Visitors, world: World) -> None:
    page = visitors.ada.get("/sources/").text
    assert ">team<" in page
    assert ">everybody<" in page


def test_the_list_is_grouped_by_kind_and_says_what_needs_attention(visitors: Visitors, failed: Document) -> None:
    page = visitors.ada.get("/sources/").text
    assert 'scope="rowgroup">Uploads' in page
    assert "1 document failing" in page
    assert "1 needs attention" in page


def test_a_name_a_kind_or_a_condition_narrows_the_list(visitors: Visitors, failed: Document) -> None:
    ada = visitors.ada
    assert listed(ada.get("/sources/?q=hand").text) == {"Handbook"}
    assert listed(ada.get("/sources/?state=attention").text) == {"Team files"}
    assert listed(ada.get("/sources/?state=good").text) == {"Handbook"}
    assert listed(ada.get("/sources/?kind=folder").text) == set()
    assert "No source fits" in ada.get("/sources/?kind=folder").text


def listed(page: str) -> set[str]:
    return {name for name in ("Team files", "Handbook") if f">{name}</a>" in page}


def test_without_a_source_the_list_says_what_to_do_next(visitors: Visitors, world: World) -> None:
    for source in (world.team_source, world.handbook_source):
        remove_source(source, actor=None)
    page = visitors.ada.get("/sources/").text
    assert "Add the first source" in page


def test_the_list_costs_the_same_however_many_sources_there_are(visitors: Visitors, world: World) -> None:
    ada = visitors.ada
    SyncRun.objects.create(source=world.team_source, state="succeeded", finished_at=timezone.now())
    ada.get("/sources/")
    with CaptureQueriesContext(connection) as few:
        ada.get("/sources/")
    for number in range(12):
        made = create_source(actor=None, name=f"Source {number}", kind="upload", everyone=True)
        SyncRun.objects.create(source=made, state="succeeded", finished_at=timezone.now())
    with CaptureQueriesContext(connection) as many:
        assert "Source 11" in ada.get("/sources/").text
    assert len(many) == len(few)


def test_a_source_of_ten_thousand_documents_costs_the_queries_of_a_small_one(visitors: Visitors, world: World) -> None:
    ada, address = visitors.ada, f"/sources/{world.team_source.pk}/"
    ada.get(address)
    with CaptureQueriesContext(connection) as few:
        ada.get(address)
    Document.objects.bulk_create(
        Document(source=world.team_source, external_id=f"{n:05d}.md", access_set=world.team_source.access_set)
        for n in range(10_000)
    )
    with CaptureQueriesContext(connection) as many:
        began = time.process_time()
        page = ada.get(f"{address}?page=200").text
    assert "10,001 documents" in page
    assert len(many) == len(few)
    assert time.process_time() - began < SLOWEST_PAGE_S


def test_a_count_stops_where_it_says_enough(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.bounded_paginator.MOST_COUNTED", 1)
    pages = BoundedPaginator(Document.objects.order_by("pk"), 1)
    assert (pages.count, pages.is_more, pages.num_pages) == (1, True, 1)


def test_documents_are_found_by_name_and_by_state(visitors: Visitors, world: World, failed: Document) -> None:
    ada, address = visitors.ada, f"/sources/{world.team_source.pk}/"
    own = AccessSet.objects.create(within=world.team_source.access_set, group_ids=[world.team.pk])
    Document.objects.filter(pk=world.document.pk).update(
        access_set=own, valid_until=timezone.localdate() - timedelta(days=1)
    )
    for query, expected in {
        "q=BUDG": {"budget.md"}, "q=nothing": set(), "state=failed": {"scan.pdf"}, "state=searchable": {"budget.md"},
        "state=restricted": {"budget.md"}, "state=past": {"budget.md"}, "state=duplicate": set(), "state=near": set(),
        "state=waiting": set(), "state=unheard-of": {"budget.md", "scan.pdf"},
    }.items():  # fmt: skip
        page = ada.get(f"{address}?{query}").text
        assert {name for name in ("budget.md", "scan.pdf") if name in page} == expected, query


def test_a_source_whose_connector_is_gone_is_still_shown(visitors: Visitors, world: World) -> None:
    Source.objects.filter(pk=world.team_source.pk).update(kind="retired")
    for page in ("", "failures/", "runs/", "index/", "settings/"):
        assert visitors.ada.get(f"/sources/{world.team_source.pk}/{page}").status_code == 200
