"""Ingestion through a real Celery worker and a real Valkey: nothing is lost and nothing is done twice."""

import subprocess
import sys
import time

import pytest
import structlog
from django.db.models import Count

from app.corpus.models import Chunk, Document, DocumentVersion
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.sources import create_source, start_sync, upload_document
from ingestion.tasks import wake_waiting_jobs
from ingestion.tests.folders import folder_source, found, write
from ingestion.tests.workers import ROOT, Worker, environment, flush_valkey, wait_until

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
def _no_old_messages():
    flush_valkey()


def handbook(folder):
    """Files long enough that one worker needs a while for all of them."""
    for number in range(DOCUMENTS):
        sections = (
            f"## Rule {number}.{section}\n\n"
            + f"Department {number} files the form {section} within {number + section} days. " * 8
            for section in range(SECTIONS)
        )
        write(folder / f"department-{number}.md", f"# Department {number}\n\n" + "\n\n".join(sections))


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
