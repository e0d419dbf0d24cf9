"""Runs in the browser: started, paused, cancelled, and asked about before they remove too much."""

from datetime import timedelta

import pytest
from django.utils import timezone

from app.audit.models import AuditEvent
from app.corpus.models import Document, Source
from app.tests.world import World
from app.web.run_words import stage_parts
from app.web.source_overview import overview_of
from app.web.tests.conftest import Visitors
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.sources import create_source

LONG_AGO = timezone.now() - timedelta(days=2)


@pytest.fixture
def folder(world: World) -> Source:
    source = create_source(actor=None, name="Files", kind="folder", everyone=True, settings={"path": "/srv/files"})
    Document.objects.bulk_create(
        Document(source=source, external_id=f"{n}.md", access_set=source.access_set, checked_at=LONG_AGO)
        for n in range(12)
    )
    return source


@pytest.fixture
def held(folder: Source) -> SyncRun:
    Document.objects.filter(source=folder, external_id="0.md").update(checked_at=timezone.now())
    return SyncRun.objects.create(
        source=folder, state="held", held_removals=11, started_at=timezone.now() - timedelta(minutes=1),
        finished_at=timezone.now(),
    )  # fmt: skip


def test_run_pause_resume_and_cancel(visitors: Visitors, folder: Source) -> None:
    ada, address = visitors.ada, f"/sources/{folder.pk}/"
    assert "Run now" in ada.get(address).text
    ada.post(f"{address}sync/")
    assert "Cancel run" in ada.get(address).text
    ada.post(f"{address}cancel/")
    assert SyncRun.objects.get(source=folder).state == SyncRun.State.CANCELLED
    ada.post(f"{address}pause/")
    page = ada.get(address).text
    assert ">paused<" in page
    assert "Resume" in page
    assert "resume it first" in ada.post(f"{address}sync/", follow=True).text
    ada.post(f"{address}resume/")
    folder.refresh_from_db()
    assert folder.state == Source.State.ACTIVE


def test_held_removals_are_shown_with_some_of_the_documents(visitors: Visitors, held: SyncRun) -> None:
    page = visitors.ada.get(f"/sources/{held.source_id}/runs/").text
    assert "11 of 12 documents are gone at the source" in page
    assert "and 3 more" in page
    assert ">0.md<" not in page.split("Pages of this source")[0]


def test_approved_removals_start_a_run_that_may_remove_them(visitors: Visitors, held: SyncRun) -> None:
    visitors.ada.post(f"/sources/{held.source_id}/removals/", {"decision": "approve"})
    latest = SyncRun.objects.latest("pk")
    assert (latest.state, latest.may_remove_all) == (SyncRun.State.RUNNING, True)
    assert AuditEvent.objects.latest("pk").actor_label == "ada@example.com"


def test_refused_removals_remove_nothing(visitors: Visitors, held: SyncRun) -> None:
    visitors.ada.post(f"/sources/{held.source_id}/removals/", {"decision": "refuse"})
    held.refresh_from_db()
    assert held.state == SyncRun.State.CANCELLED
    assert Document.objects.filter(source=held.source_id).count() == 12
    assert "are gone at the source" not in visitors.ada.get(f"/sources/{held.source_id}/").text


def test_the_history_tells_counts_and_time_by_stage(visitors: Visitors, folder: Source) -> None:
    SyncRun.objects.create(
        source=folder, state="succeeded", added=1234, failed=2, stage_seconds={"embed": 90.0, "parse": 30.0},
        started_at=LONG_AGO, finished_at=LONG_AGO + timedelta(minutes=4),
    )  # fmt: skip
    page = visitors.ada.get(f"/sources/{folder.pk}/runs/").text
    for words in ("1,234", "4 min", "embed 90.0 s", "parse 30.0 s"):
        assert words in page


def test_stages_come_in_the_order_a_document_passes_them_and_fill_the_bar() -> None:
    parts = stage_parts({"embed": 60, "polish": 10, "parse": 30, "clean": 0})
    assert [part.name for part in parts] == ["parse", "embed", "polish"]
    assert [(part.x, part.width) for part in parts] == [(0, 30), (30, 60), (90, 10)]
    assert stage_parts({}) == []


def test_progress_is_told_with_the_time_left(visitors: Visitors, folder: Source) -> None:
    run = SyncRun.objects.create(source=folder, queued=12, listed_at=timezone.now() - timedelta(seconds=60))
    for document in folder.documents.all()[:4]:
        IngestionJob.objects.create(document=document, run=run, fingerprint="x")
    assert overview_of(folder).progress_words == "running, 60 % done"
    page = visitors.ada.get(f"/sources/{folder.pk}/").text
    assert "8 of 12 · about 30 s left" in page


@pytest.fixture
def failures(folder: Source) -> list[Document]:
    documents = list(folder.documents.order_by("pk")[:3])
    for document, reason in zip(documents, ("scanned", "corrupt", "corrupt"), strict=True):
        DocumentFailure.objects.create(document=document, reason=reason, message=f"{reason}!", permanent=True)
    return documents


def retried(folder: Source) -> set[int]:
    return set(IngestionJob.objects.filter(document__source=folder).values_list("document_id", flat=True))


def test_one_selected_or_all_failures_are_tried_again(
    visitors: Visitors, folder: Source, failures: list[Document]
) -> None:
    ada, address = visitors.ada, f"/sources/{folder.pk}/retry/"
    first, second, third = (document.pk for document in failures)
    ada.post(address, {"document": first})
    assert retried(folder) == {first}
    ada.post(address, {"document": [first, second], "which": "selected"})
    assert retried(folder) == {first, second}
    ada.post(address)
    assert retried(folder) == {first, second, third}


def test_selecting_nothing_tries_nothing(visitors: Visitors, folder: Source, failures: list[Document]) -> None:
    page = visitors.ada.post(f"/sources/{folder.pk}/retry/", {"which": "selected"}, follow=True).text
    assert "Nothing was selected." in page
    assert retried(folder) == set()


def test_failures_are_grouped_by_reason_with_what_to_do(
    visitors: Visitors, folder: Source, failures: list[Document]
) -> None:
    page = visitors.ada.get(f"/sources/{folder.pk}/failures/").text
    assert "Pictures of pages" in page
    assert "Open the file at the source and save it again." in page
    only = visitors.ada.get(f"/sources/{folder.pk}/failures/?reason=scanned").text
    assert "scanned!" in only
    assert "corrupt!" not in only
