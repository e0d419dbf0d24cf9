"""The jobs still to do: taken by one worker at a time, ended in one transaction, never lost with a worker.

A worker holds a session lock in PostgreSQL while it works; the lock ends with its connection, so a
killed worker's job is free at once. Session locks need a direct or session-pooled connection.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Min
from django.utils import timezone

from app.corpus.models import Document, Source
from ingestion.errors import FailureReason, IngestionError
from ingestion.models import DocumentFailure, IngestionJob, SyncRun

JOB_LOCK = 7_201
MAX_ATTEMPTS = 5
MAX_LOST_WORKERS = 3
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(minutes=10)
# An outage of the model or the source lasts as long as it lasts; the document waits for its end.
NOT_ITS_FAULT = frozenset({FailureReason.MODEL_UNAVAILABLE, FailureReason.UNREADABLE})


@contextmanager
def taken(document_id: int) -> Iterator[IngestionJob | None]:
    """The document's job, held by this process alone; None when it is done, held by another or not due."""
    if not _lock(document_id):
        yield None
        return
    try:
        yield _begin(document_id)
    finally:
        _unlock(document_id)


def _begin(document_id: int) -> IngestionJob | None:
    job = (
        IngestionJob.objects.select_related("document__source", "run")
        .filter(document_id=document_id, available_at__lte=timezone.now())
        .first()
    )
    if job is None:
        return None
    if job.started_at is not None:
        job.lost_workers += 1
    job.attempts += 1
    job.started_at = timezone.now()
    job.save(update_fields=["lost_workers", "attempts", "started_at"])
    return job


def finish(job: IngestionJob) -> None:
    """The document is up to date: its job and its failure go. Call it in the transaction that stored it."""
    if _is_superseded(job):
        return
    document = job.document
    Document.objects.filter(pk=document.pk).update(fingerprint=job.fingerprint, checked_at=timezone.now())
    DocumentFailure.objects.filter(document=document).delete()
    job.delete()


@transaction.atomic
def fail(job: IngestionJob, error: IngestionError) -> None:
    """Keep the reason. What may pass by itself is tried again later, a few times; an old version keeps answering."""
    if _is_superseded(job):
        return
    document, now = job.document, timezone.now()
    failure, _ = DocumentFailure.objects.get_or_create(
        document=document, defaults={"reason": error.reason, "message": error.message, "permanent": error.permanent}
    )
    failure.reason, failure.message, failure.permanent = error.reason, error.message, error.permanent
    failure.attempts, failure.last_at = job.attempts, now
    failure.save()
    if document.current_version_id is None:
        Document.objects.filter(pk=document.pk).update(state=Document.State.FAILED)
    if error.permanent or (job.attempts >= MAX_ATTEMPTS and error.reason not in NOT_ITS_FAULT):
        Document.objects.filter(pk=document.pk).update(fingerprint=job.fingerprint, checked_at=now)
        job.delete()
    else:
        job.started_at, job.available_at = None, now + min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(job.attempts - 1, 10))
        job.save(update_fields=["started_at", "available_at"])


@transaction.atomic
def drop(job: IngestionJob) -> None:
    """There is nothing to do after all."""
    if not _is_superseded(job):
        job.delete()


def _is_superseded(job: IngestionJob) -> bool:
    """Whether the document was removed, or newer content queued, meanwhile: then the job stays and is due at once."""
    queued = IngestionJob.objects.select_for_update().filter(pk=job.pk)
    if queued.values_list("fingerprint", flat=True).first() == job.fingerprint:
        return False
    queued.update(started_at=None)
    return True


def lost_too_many_workers(job: IngestionJob) -> IngestionError | None:
    if job.lost_workers < MAX_LOST_WORKERS:
        return None
    return IngestionError(
        FailureReason.CRASHED,
        "Reading this document ended its worker process three times, so it was set aside; check the file, then retry.",
        permanent=True,
    )


def finish_run(run: SyncRun | None) -> None:
    """Close the run when its listing is complete and none of its jobs is left."""
    if run is None:
        return
    open_run = SyncRun.objects.filter(
        pk=run.pk, state=SyncRun.State.RUNNING, listed_at__isnull=False, jobs__isnull=True
    )
    now = timezone.now()
    if open_run.update(state=SyncRun.State.SUCCEEDED, finished_at=now):
        Source.objects.filter(pk=run.source_id).update(last_synced_at=now)


def waiting_documents(limit: int) -> list[int]:
    """Documents whose jobs are due, oldest first."""
    due = IngestionJob.objects.filter(available_at__lte=timezone.now())
    ordered = due.order_by(F("started_at").asc(nulls_first=True), "pk")
    return list(ordered.values_list("document_id", flat=True)[:limit])


def oldest_waiting_s() -> float:
    """Seconds since the oldest job was made; 0 when none waits."""
    oldest = IngestionJob.objects.aggregate(oldest=Min("created_at"))["oldest"]
    return (timezone.now() - oldest).total_seconds() if oldest else 0.0


def _lock(document_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [JOB_LOCK, document_id])
        return bool(cursor.fetchone()[0])


def _unlock(document_id: int) -> None:
    if connection.connection is None or connection.connection.closed:
        return  # The lock ended with the connection.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [JOB_LOCK, document_id])
