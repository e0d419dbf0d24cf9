from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection
from django.utils import timezone

from app.corpus.models import Chunk, Document
from ingestion import storing
from ingestion.jobs import taken
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.pipeline import Result, ingest_document
from ingestion.sync import look, open_run
from ingestion.tests.folders import document, folder_source, write
from ingestion.turns import next_documents, work_is_due

TEXT = "# Hotels\n\nA hotel may cost 140 euros a night.\n"


def opened(source) -> SyncRun:
    run = open_run(source)
    assert run is not None
    return run


def queued(tmp_path) -> Document:
    write(tmp_path / "hotels.md", TEXT)
    source = folder_source(tmp_path)
    look(opened(source))
    return document("hotels.md")


@pytest.mark.django_db(transaction=True)
def test_a_job_is_worked_on_by_one_worker_at_a_time(tmp_path):
    waiting = queued(tmp_path)
    held, done = Event(), Event()

    def hold() -> None:
        with taken(waiting.pk):
            held.set()
            done.wait(20)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        held.wait(20)
        assert ingest_document(waiting.pk) == Result.NOTHING_TO_DO
        done.set()
        holding.result()
    assert ingest_document(waiting.pk) == Result.READY


@pytest.mark.django_db(transaction=True)
def test_many_workers_woken_for_the_same_document_store_it_once(tmp_path):
    waiting = queued(tmp_path)

    def work(_: int) -> Result:
        try:
            return ingest_document(waiting.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(8)))
    assert results.count(Result.READY) == 1
    assert Chunk.objects.count() == 1


@pytest.mark.django_db
def test_a_job_whose_worker_was_lost_is_found_again(tmp_path):
    waiting = queued(tmp_path)
    IngestionJob.objects.update(started_at=timezone.now())
    assert work_is_due()
    with next_documents(10, suspect=True) as found:
        assert found == [waiting.pk]
    assert ingest_document(waiting.pk) == Result.READY


@pytest.mark.django_db
def test_a_document_that_keeps_killing_its_worker_is_set_aside(tmp_path):
    waiting = queued(tmp_path)
    IngestionJob.objects.update(started_at=timezone.now(), lost_workers=2, attempts=2)
    assert ingest_document(waiting.pk) == Result.FAILED
    failure = DocumentFailure.objects.get()
    assert (failure.reason, failure.permanent) == ("crashed", True)
    assert not IngestionJob.objects.exists()


@pytest.mark.django_db
def test_a_job_that_waits_for_its_next_try_is_left_alone(tmp_path):
    waiting = queued(tmp_path)
    IngestionJob.objects.update(available_at=timezone.now() + timedelta(minutes=1))
    assert not work_is_due()
    assert ingest_document(waiting.pk) == Result.NOTHING_TO_DO


@pytest.mark.django_db(transaction=True)
def test_a_crash_while_storing_leaves_the_job_and_the_old_version(tmp_path, monkeypatch):
    waiting = queued(tmp_path)
    ingest_document(waiting.pk)
    before = Chunk.objects.get().pk
    write(tmp_path / "hotels.md", TEXT + "\nBreakfast is included.\n")
    look(opened(waiting.source))

    def crash(document):
        raise KeyboardInterrupt

    monkeypatch.setattr(storing, "_apply_source_metadata", crash)
    with pytest.raises(KeyboardInterrupt):
        ingest_document(waiting.pk)
    assert Chunk.objects.get().pk == before
    monkeypatch.undo()
    assert ingest_document(waiting.pk) == Result.READY
    assert "Breakfast" in Chunk.objects.get().text
