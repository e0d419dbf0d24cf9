"""Ingestion through a real Celery worker and a real Valkey: nothing is lost and nothing is done twice."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
import structlog
from django.db import connection
from django.db.models import Count

from app.corpus.models import Chunk, Document, DocumentVersion
from ingestion.drill.verify import differences
from ingestion.jobs import MAX_LOST_WORKERS
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.sources import cancel_run, create_source, start_sync, upload_document
from ingestion.sweep import sweep_originals
from ingestion.tasks import wake_waiting_jobs
from ingestion.tests.folders import folder_source, found, write
from ingestion.tests.workers import ROOT, Worker, environment, flush_valkey, wait_until
from ingestion.worker_identity import End, how_it_ended

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENTS = 25
SECTIONS = 8
HOTELS = b"# Hotels\n\nA hotel may cost 140 euros a night.\n"

UPLOAD_WITHOUT_BROKER = """
import django; django.setup()
from app.corpus.models import Source
from ingestion.sources import upload_document
source = Source.objects.get()
upload_document(source, actor=None, name="hotels.md", data=b"# Hotels\\n\\nA hotel may cost 140 euros a night.")
"""


class Workers:
    """`running()` is the one worker of this module; it is started where there is none."""

    def __init__(self, folder):
        self.folder = folder
        self.started: list[Worker] = []

    def running(self) -> Worker:
        if not self.started or not self.started[-1].is_running():
            self.started.append(Worker(self.folder / f"{len(self.started)}.log"))
        return self.started[-1]

    def none(self) -> None:
        for worker in self.started:
            worker.kill()


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    workers = Workers(tmp_path_factory.mktemp("workers"))
    yield workers
    workers.none()


@pytest.fixture(autouse=True)
def _no_old_messages(transactional_db):
    flush_valkey()
    yield
    flush_valkey()
    # The tables are emptied after each test, which a worker that is still looking for work would lock against.
    wait_until(nobody_is_at_the_database)


def handbook(folder):
    """Files long enough that one worker needs a while for all of them."""
    for number in range(DOCUMENTS):
        sections = (
            f"## Rule {number}.{section}\n\n"
            + f"Department {number} files the form {section} within {number + section} days. " * 8
            for section in range(SECTIONS)
        )
        write(folder / f"department-{number}.md", f"# Department {number}\n\n" + "\n\n".join(sections))


def nobody_is_at_the_database() -> bool:
    time.sleep(0.3)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND (state <> 'idle' OR now() - state_change < interval '0.2 seconds')"
        )
        return cursor.fetchone() == (0,)


def is_idle() -> bool:
    return not IngestionJob.objects.exists() and not SyncRun.objects.filter(state=SyncRun.State.RUNNING).exists()


def is_idle_with_beat() -> bool:
    """As beat does it, again and again: a worker that died took messages along that nobody else will be given."""
    wake_waiting_jobs()
    return is_idle()


def contents(source):
    """Every document of the source with the places and texts of its passages."""
    rows = Chunk.objects.filter(document__source=source).order_by("document__external_id", "ordinal")
    return list(rows.values_list("document__external_id", "ordinal", "start", "end", "text"))


def ready(source):
    return Document.objects.filter(source=source, state=Document.State.READY).count()


def test_messages_that_the_broker_lost_are_sent_again(workers, tmp_path):
    write(tmp_path / "hotels.md", HOTELS.decode())
    source = folder_source(tmp_path)
    workers.none()
    start_sync(source, actor=None)
    flush_valkey()
    workers.running()
    assert SyncRun.objects.get().listed_at is None
    wait_until(is_idle_with_beat, pause_s=0.5)
    assert found("hotel night") == ["hotels.md"]


def test_an_upload_becomes_searchable_and_its_request_id_is_in_the_workers_log(workers):
    worker = workers.running()
    source = create_source(actor=None, name="Uploads", kind="upload", everyone=True)
    with structlog.contextvars.bound_contextvars(request_id="upload-12345678"):
        uploaded = upload_document(source, actor=None, name="hotels.md", data=HOTELS)
    wait_until(lambda: found("hotel night") == ["hotels.md"])
    wait_until(lambda: bool(worker.lines("document_ingested")))
    line = worker.lines("document_ingested")[-1]
    assert (line["request_id"], line["document_id"]) == ("upload-12345678", uploaded.pk)
    assert "hotel" not in worker.log.read_text().lower()


def test_a_worker_killed_in_the_middle_of_a_run_loses_nothing_and_repeats_nothing(workers, tmp_path):
    handbook(tmp_path)
    source = folder_source(tmp_path)
    first = workers.running()
    start_sync(source, actor=None)
    wait_until(lambda: ready(source) >= 5, pause_s=0.01)
    first.kill()
    assert 5 <= ready(source) < DOCUMENTS
    assert IngestionJob.objects.count() == DOCUMENTS - ready(source)

    second = workers.running()
    assert second is not first
    wait_until(is_idle_with_beat, pause_s=0.5)
    assert ready(source) == DOCUMENTS
    assert not DocumentFailure.objects.exists()
    assert DocumentVersion.objects.count() == DOCUMENTS
    assert Chunk.objects.values("document").distinct().count() == DOCUMENTS
    assert not Chunk.objects.values("version", "ordinal").annotate(n=Count("pk")).filter(n__gt=1).exists()

    clean = folder_source(tmp_path, name="The same without a kill")
    start_sync(clean, actor=None)
    wait_until(lambda: ready(clean) == DOCUMENTS)
    assert contents(source) == contents(clean)
    wait_until(is_idle)


@pytest.mark.slow
def test_a_worker_killed_while_it_reads_the_sample_company_reads_each_document_exactly_once(workers):
    folder = ROOT / "sample" / "documents"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    source = folder_source(folder, name="Sample")
    first = workers.running()
    start_sync(source, actor=None)
    for share in (10, 40):
        wait_until(lambda share=share: ready(source) >= share, pause_s=0.01)
        first.kill()
        assert ready(source) < len(files)
        first = workers.running()
    wait_until(is_idle_with_beat, pause_s=0.5)
    sweep_originals(timedelta(0))
    assert differences({"Sample": files}) == []
    assert Document.objects.count() == len(files)


@pytest.mark.slow
def test_a_document_that_kills_its_worker_twice_is_set_aside_and_nobody_else_is_blamed(workers, tmp_path):
    """Whoever works on it is killed by its process id, as the kernel does with what takes too much memory."""
    for number in range(5):
        write(tmp_path / f"rule-{number}.md", f"# Rule {number}\n\nForm {number} is filed within 3 days.\n")
    write(
        tmp_path / "a-poison.md", "# Poison\n\n" + "\n\n".join("A drop takes a while to read. " * 9 for _ in range(300))
    )
    source = folder_source(tmp_path)
    worker = workers.running()
    start_sync(source, actor=None)
    kills = 0

    def is_done() -> bool:
        nonlocal kills
        poison = IngestionJob.objects.filter(document__external_id="a-poison.md").exclude(started_at=None).first()
        if (
            poison is not None
            and how_it_ended(poison.started_by) == End.NONE
            and poison.lost_workers == kills
            and kills < MAX_LOST_WORKERS
        ):
            os.kill(int(poison.started_by.rpartition("/")[2].partition("@")[0]), signal.SIGKILL)
            kills += 1
        return is_idle_with_beat()

    wait_until(is_done, pause_s=0.05)
    assert worker.is_running()
    assert kills == MAX_LOST_WORKERS
    failure = DocumentFailure.objects.get()
    assert (failure.document.external_id, failure.reason) == ("a-poison.md", "crashed")
    assert ready(source) == 5
    assert source.runs.get().state == SyncRun.State.SUCCEEDED


@pytest.mark.timed
@pytest.mark.slow
def test_an_upload_is_searchable_within_seconds_while_ten_thousand_files_are_read(workers, tmp_path):
    for number in range(10_000):
        write(
            tmp_path / f"{number % 100}" / f"{number}.md", f"# Rule {number}\n\nForm {number} is filed within 3 days.\n"
        )
    bulk = folder_source(tmp_path, name="Bulk")
    uploads = create_source(actor=None, name="Uploads", kind="upload", everyone=True)
    workers.running()
    start_sync(bulk, actor=None)
    wait_until(lambda: ready(bulk) >= 20)
    for number in range(3):
        began = time.monotonic()
        upload_document(uploads, actor=None, name=f"{number}.md", data=HOTELS + b"%d" % number)
        wait_until(lambda number=number: ready(uploads) > number, pause_s=0.02)
        assert time.monotonic() - began < 10
    assert IngestionJob.objects.filter(source=bulk).count() > 5_000
    cancel_run(bulk, actor=None)
    wait_until(is_idle_with_beat, pause_s=0.5)


@pytest.mark.timed
def test_an_upload_is_accepted_while_valkey_is_down_and_ingested_later(workers, free_port):
    create_source(actor=None, name="Uploads", kind="upload", everyone=True)
    began = time.monotonic()
    uploading = subprocess.run(
        [sys.executable, "-c", UPLOAD_WITHOUT_BROKER],
        env=environment(VALKEY_URL=f"redis://127.0.0.1:{free_port}"), cwd=ROOT,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert uploading.returncode == 0, uploading.stderr
    assert "broker_unreachable" in uploading.stderr
    assert time.monotonic() - began < 20
    assert IngestionJob.objects.count() == 1
    workers.running()
    wait_until(is_idle_with_beat, pause_s=0.5)
    assert found("hotel night") == ["hotels.md"]
