"""Whose turn it is, and who is blamed when work is cut off."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from socket import gethostname
from threading import Event

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone

from app.corpus.models import Document, Source
from ingestion import pipeline, tasks, waking, work
from ingestion.jobs import INTERACTIVE, MAX_INTERRUPTIONS
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.pipeline import Result, ingest_document
from ingestion.sources import create_source, upload_document
from ingestion.sync import look, open_run
from ingestion.tests.folders import folder_source, found, write
from ingestion.tests.shelf import Shelf, shelf_source
from ingestion.turns import next_documents, work_is_due
from ingestion.work import work_for
from ingestion.worker_identity import End, _named, how_it_ended, this_process

HOTELS = "# Hotels\n\nA hotel may cost 140 euros a night.\n"


def queued(count: int, name: str = "Shelf") -> Source:
    shelf = Shelf()
    for number in range(count):
        shelf.put(f"rule-{number}.md", f"# Rule {number} of {name}\n\nForm {number} is filed in {number} days.\n")
    source = shelf_source(shelf, name=name)
    run = open_run(source)
    assert run is not None
    look(run)
    return source


def turn(limit: int, **more) -> list[str]:
    with next_documents(limit, **more) as documents:
        names = dict(Document.objects.values_list("pk", "source__name"))
        return [names[key] for key in documents]


# -- turns -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_sources_take_turns_however_long_their_queues_are():
    queued(50, "Large")
    queued(3, "Small")
    assert sorted(turn(6)) == ["Large"] * 3 + ["Small"] * 3
    assert sorted(turn(12)) == ["Large"] * 9 + ["Small"] * 3


@pytest.mark.django_db
def test_what_somebody_waits_for_goes_first():
    queued(20, "Large")
    uploads = create_source(actor=None, name="Uploads", kind="upload", everyone=True)
    upload_document(uploads, actor=None, name="hotels.md", data=HOTELS.encode())
    assert turn(2) == ["Uploads", "Large"]
    assert turn(5, priority=INTERACTIVE) == ["Uploads"]


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"state": "paused"}, {"blocked_until": timezone.now() + timedelta(hours=1)}])
def test_a_source_that_is_left_alone_is_passed_over(change):
    queued(3, "Quiet")
    assert work_is_due()
    Source.objects.update(**change)
    assert turn(5) == []
    assert not work_is_due()


@pytest.mark.django_db
def test_what_was_at_hand_when_work_was_cut_off_is_asked_for_apart():
    queued(3)
    first = IngestionJob.objects.earliest("pk")
    IngestionJob.objects.filter(pk=first.pk).update(started_at=timezone.now(), started_by="elsewhere/1@1/2@1")
    assert len(turn(5)) == 2
    with next_documents(5, suspect=True) as documents:
        assert documents == [first.document_id]


@pytest.mark.django_db(transaction=True)
def test_two_workers_are_never_given_the_same_document():
    queued(6)
    held, done = Event(), Event()

    def hold() -> list[int]:
        try:
            with next_documents(4) as documents:
                held.set()
                done.wait(20)
                return documents
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        held.wait(20)
        with next_documents(4) as rest:
            done.set()
            assert len(rest) == 2
            assert not set(rest) & set(holding.result())
    assert len(turn(10)) == 6


# -- blame -------------------------------------------------------------------------------------------------------


def test_a_process_that_died_before_its_parent_is_told_from_one_that_was_stopped_with_it():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    own, name = _named(os.getpid()), _named(child.pid)
    assert how_it_ended(f"{gethostname()}/{own}/{name}") == End.NONE
    child.kill()
    child.wait()
    assert how_it_ended(f"{gethostname()}/{own}/{name}") == End.ALONE
    assert how_it_ended(f"{gethostname()}/{name}/{name}") == End.UNKNOWN
    assert how_it_ended(f"another-{gethostname()}/{own}/{name}") == End.UNKNOWN
    assert how_it_ended("") == End.UNKNOWN
    assert how_it_ended(this_process()) == End.NONE


def dead_child_of_this_process() -> str:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = _named(child.pid)
    child.kill()
    child.wait()
    return f"{gethostname()}/{_named(os.getpid())}/{name}"


@pytest.mark.django_db
def test_a_document_that_ends_its_worker_twice_is_set_aside_and_the_rest_goes_on():
    queued(3)
    first = IngestionJob.objects.earliest("pk")
    for _ in range(2):
        IngestionJob.objects.filter(pk=first.pk).update(
            started_at=timezone.now(), started_by=dead_child_of_this_process()
        )
        with pipeline.taken(first.document_id) as job:
            assert job is not None
    work_for(60)
    failure = DocumentFailure.objects.get()
    assert (failure.document_id, failure.reason, failure.permanent) == (first.document_id, "crashed", True)
    assert "twice" in failure.message
    assert Document.objects.filter(state=Document.State.READY).count() == 2
    assert SyncRun.objects.get().state == SyncRun.State.SUCCEEDED


@pytest.mark.django_db
def test_one_whose_worker_was_only_stopped_is_not_blamed_until_that_happened_often():
    queued(1)
    for _ in range(MAX_INTERRUPTIONS - 1):
        IngestionJob.objects.update(started_at=timezone.now(), started_by="elsewhere/1@1/2@1")
        with pipeline.taken(IngestionJob.objects.get().document_id) as job:
            assert job is not None
            assert (job.lost_workers, job.attempts) == (0, 0)
    IngestionJob.objects.update(started_at=None)
    assert ingest_document(IngestionJob.objects.get().document_id) == Result.READY


@pytest.mark.django_db(transaction=True)
def test_an_error_nobody_foresaw_costs_one_document_and_not_its_group(monkeypatch):
    queued(5)
    clean = pipeline.clean

    def clean_or_break(parsed):
        if parsed.title.startswith("Rule 3"):
            raise ZeroDivisionError
        return clean(parsed)

    monkeypatch.setattr(pipeline, "clean", clean_or_break)
    work_for(60)
    work_for(60)
    failure = DocumentFailure.objects.get()
    assert (failure.document.external_id, failure.reason) == ("rule-3.md", "internal")
    assert "ZeroDivisionError" in failure.message
    assert Document.objects.filter(state=Document.State.READY).count() == 4
    assert IngestionJob.objects.get().lost_workers == 0


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_is_nobodys_fault(monkeypatch):
    queued(2)

    def gone(documents):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(work, "ingest_documents", gone)
    work_for(5)
    monkeypatch.undo()
    assert not DocumentFailure.objects.exists()
    work_for(60)
    assert Document.objects.filter(state=Document.State.READY).count() == 2


# -- lanes -------------------------------------------------------------------------------------------------------


@pytest.mark.timed
@pytest.mark.django_db(transaction=True)
def test_an_upload_is_taken_while_both_lanes_are_busy(monkeypatch):
    queued(work.GROUP * work.LANES)
    uploads = create_source(actor=None, name="Uploads", kind="upload", everyone=True)
    busy, done = Event(), Event()
    real = work.ingest_documents

    def slowly(documents):
        if len(documents) > 1:
            busy.set()
            done.wait(30)
        return real(documents)

    monkeypatch.setattr(work, "ingest_documents", slowly)

    def working() -> None:
        try:
            work_for(60)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        shift = pool.submit(working)
        busy.wait(30)
        upload_document(uploads, actor=None, name="hotels.md", data=HOTELS.encode())
        began = time.monotonic()
        while not found("hotel night"):
            assert time.monotonic() - began < 20
            time.sleep(0.05)
        assert not done.is_set()
        done.set()
        shift.result()


@pytest.mark.timed
@pytest.mark.django_db(transaction=True)
def test_a_large_source_does_not_starve_a_small_one(tmp_path):
    large = queued(300, "Large")
    for number in range(3):
        write(tmp_path / f"{number}.md", f"# Small {number}\n\n{HOTELS}")
    small = folder_source(tmp_path, name="Small")
    run = open_run(small)
    assert run is not None
    look(run)
    began = time.monotonic()
    while small.documents.filter(state=Document.State.READY).count() < 3:
        work_for(0.5)
        assert time.monotonic() - began < 60
    assert IngestionJob.objects.filter(source=large).count() > 200


@pytest.mark.timed
@pytest.mark.django_db(transaction=True)
def test_work_ends_in_time_and_says_that_there_is_more():
    queued(100)
    began = time.monotonic()
    work_for(0.5)
    assert time.monotonic() - began < 30
    assert work_is_due()


# -- waking ------------------------------------------------------------------------------------------------------


def test_wake_ups_do_not_pile_up(monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.work, "delay", lambda: sent.append(True))
    cache.clear()
    for _ in range(100):
        waking.wake()
    assert len(sent) == 1
    waking.message_arrived()
    waking.wake()
    assert len(sent) == 2
    cache.clear()
