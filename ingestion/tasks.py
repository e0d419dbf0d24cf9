"""Celery's door to ingestion. A message only wakes a worker; what there is to do stands in the database."""

from typing import Any

from celery import current_app, shared_task
from django.db.models import F
from django.utils import timezone

from app.corpus.models import Source
from app.corpus.terms import fold_changes, reweigh
from ingestion import pipeline, sync
from ingestion.jobs import finish_run, waiting_documents
from ingestion.models import SyncRun

WAKE_AT_MOST = 200


@shared_task
def sync_source(run_id: int) -> None:
    run = SyncRun.objects.select_related("source").filter(pk=run_id, listed_at=None).first()
    if run is not None:
        enqueue(sync.look(run))


@shared_task
def ingest_document(document_id: int) -> None:
    pipeline.ingest_document(document_id)


@shared_task
def wake_waiting_jobs() -> None:
    """Send again what a lost broker, worker or message left behind. Waking twice is harmless, but never piles up."""
    if messages_waiting():
        return
    for run in SyncRun.objects.filter(state=SyncRun.State.RUNNING):
        if run.listed_at is None:
            sync_source.delay(run.pk)
        else:
            finish_run(run)
    enqueue(waiting_documents(WAKE_AT_MOST))


@shared_task
def sync_due_sources() -> None:
    now = timezone.now()
    due = Source.objects.filter(state=Source.State.ACTIVE, refresh_interval__isnull=False).exclude(
        last_synced_at__gt=now - F("refresh_interval")
    )
    for source in due:
        if (run := sync.open_run(source)) is not None:
            sync_source.delay(run.pk)


@shared_task
def fold_term_changes() -> None:
    fold_changes()
    reweigh()


def messages_waiting() -> int:
    """How many messages no worker has taken yet."""
    with current_app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        queue = channel.queue_declare(current_app.conf.task_default_queue)
    return int(queue.message_count)


def enqueue(document_ids: list[int]) -> None:
    for document_id in document_ids:
        ingest_document.delay(document_id)
