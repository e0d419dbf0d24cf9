"""The jobs still to do: taken by one worker at a time, ended in one transaction, never lost with a worker.

A worker holds a session lock in PostgreSQL while it works; the lock ends with its connection, so a
killed worker's job is free at once. Session locks need a direct or session-pooled connection.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Min
from django.utils import timezone

from app.corpus.models import Document, Source
from ingestion.breaker import block, succeeded
from ingestion.connectors.base import ConnectorError
from ingestion.errors import FailureReason, IngestionError
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.runs import fail_run, finish_run
from ingestion.worker_identity import End, how_it_ended, this_process

__all__ = ["finish_run"]

JOB_LOCK = 7_201
MAX_ATTEMPTS = 5
MAX_LOST_WORKERS = 2
MAX_INTERRUPTIONS = 6
MAX_OUTAGES = 3
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(minutes=10)
# Somebody waits for it: it overtakes what a run has queued.
INTERACTIVE = 10
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
        release(document_id)


def _begin(document_id: int) -> IngestionJob | None:
    job = (
        IngestionJob.objects.select_related("document__source", "run")
        .filter(document_id=document_id, available_at__lte=timezone.now())
        .first()
    )
    if job is None:
        return None
    if job.started_at is None:
        job.attempts += 1
    else:
        _blame(job)
    job.started_at, job.started_by = timezone.now(), this_process()
    job.save(update_fields=["lost_workers", "interruptions", "attempts", "started_at", "started_by"])
    return job


def _blame(job: IngestionJob) -> None:
    """Work on it was cut off. What died while its parent lived on may have died of it; the rest was chance."""
    match how_it_ended(job.started_by):
        case End.ALONE:
            job.lost_workers += 1
        case End.UNKNOWN:
            job.interruptions += 1


def finish(job: IngestionJob) -> None:
    """The document is up to date: its job and its failure go. Call it in the transaction that stored it."""
    if _is_superseded(job):
        return
    document = job.document
    Document.objects.filter(pk=document.pk).update(fingerprint=job.fingerprint, checked_at=timezone.now())
    DocumentFailure.objects.filter(document=document).delete()
    if document.source.failed_runs:
        succeeded(document.source_id)
    job.delete()


@transaction.atomic
def fail(job: IngestionJob, error: IngestionError) -> None:
    """Keep the reason. What may pass by itself is tried again later, a few times; an old version keeps answering.

    The run does not wait for that: it counts the document as failed and goes on to its end.
    """
    _lock_run(job)
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
    if job.run_id is not None:
        SyncRun.objects.filter(pk=job.run_id).update(failed=F("failed") + 1)
    if error.permanent or (job.attempts >= MAX_ATTEMPTS and error.reason not in NOT_ITS_FAULT):
        Document.objects.filter(pk=document.pk).update(fingerprint=job.fingerprint, checked_at=now)
        job.delete()
    else:
        # The object keeps its run: whoever holds it closes the run after this.
        IngestionJob.objects.filter(pk=job.pk).update(
            run=None, started_at=None, available_at=now + delay_after(job.attempts)
        )


@transaction.atomic
def put_back(job: IngestionJob, error: ConnectorError) -> IngestionError | None:
    """The source failed while the document was fetched: leave the whole source alone for a while.

    The document is blamed only when the others can be read, or when it happens to it again and again;
    then its own failure is returned.
    """
    source = job.document.source
    if source.kind == Source.Kind.UPLOAD:
        return IngestionError(FailureReason.UNREADABLE, error.message, permanent=error.permanent)
    if _is_its_own(job):
        # While nothing else can be read either, it may still be the source: then it is tried again for as long.
        return IngestionError(FailureReason.UNREADABLE, error.message, permanent=error.permanent and not _fails(source))
    _lock_run(job)
    if _is_superseded(job):
        return None
    block(source.pk, error)
    if error.permanent:
        fail_run(job.run, error)
    until = Source.objects.filter(pk=source.pk).values_list("blocked_until", flat=True).first() or timezone.now()
    # Others go first, so that one document cannot keep the whole source waiting.
    IngestionJob.objects.filter(pk=job.pk).update(
        started_at=None, outages=job.outages + 1, attempts=max(0, job.attempts - 1),
        available_at=until + delay_after(job.outages + 1),
    )  # fmt: skip
    return None


def _is_its_own(job: IngestionJob) -> bool:
    return job.outages >= MAX_OUTAGES or (job.outages > 0 and not _fails(job.document.source))


def _fails(source: Source) -> bool:
    """Whether nothing of the source could be read since it failed."""
    return bool(Source.objects.filter(pk=source.pk, failed_runs__gt=0).exists())


def _lock_run(job: IngestionJob) -> None:
    """Before the document and the job, as a look at the source and whoever cancels the run lock them."""
    if job.run_id is not None:
        list(SyncRun.objects.select_for_update().filter(pk=job.run_id).values_list("pk"))


@transaction.atomic
def leave(job: IngestionJob) -> None:
    """Nothing was tried: as if the job had not been taken."""
    if not _is_superseded(job):
        IngestionJob.objects.filter(pk=job.pk).update(started_at=None, attempts=max(0, job.attempts - 1))


def delay_after(attempts: int) -> timedelta:
    return min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(max(attempts - 1, 0), 10))


@transaction.atomic
def drop(job: IngestionJob) -> None:
    """There is nothing to do after all."""
    if not _is_superseded(job):
        job.delete()


def _is_superseded(job: IngestionJob) -> bool:
    """Whether the document was removed, or newer content queued, meanwhile: then the job stays and is due at once."""
    # The document before its job, as a look at the source locks them too.
    list(Document.objects.select_for_update().filter(pk=job.document_id).values_list("pk"))
    queued = IngestionJob.objects.select_for_update().filter(pk=job.pk)
    if queued.values_list("fingerprint", flat=True).first() == job.fingerprint:
        return False
    queued.update(started_at=None)
    return True


def lost_too_many_workers(job: IngestionJob) -> IngestionError | None:
    """Why the document is set aside, if work on it ended its process too often."""
    if job.lost_workers >= MAX_LOST_WORKERS:
        ended = "Reading this document ended its worker process twice"
    elif job.interruptions >= MAX_INTERRUPTIONS:
        ended = f"The worker was stopped {MAX_INTERRUPTIONS} times while it read this document"
    else:
        return None
    return IngestionError(
        FailureReason.CRASHED, f"{ended}, so it was set aside; check the file, then retry.", permanent=True
    )


def queue_document(document: Document, fingerprint: str, *, priority: int = 0) -> None:
    """Queue one document anew, with all its tries before it; wake a worker after the commit."""
    IngestionJob.objects.update_or_create(
        document=document,
        defaults={"fingerprint": fingerprint, "available_at": timezone.now(), "attempts": 0, "started_at": None,
                  "lost_workers": 0, "interruptions": 0, "outages": 0, "priority": priority},
    )  # fmt: skip
    if document.current_version_id is None:
        Document.objects.filter(pk=document.pk).update(state=Document.State.PENDING)


def queue_documents(fingerprints: Mapping[int, str]) -> None:
    """As `queue_document` for many, by their ids; wake a worker after the commit."""
    now = timezone.now()
    jobs = [IngestionJob(document_id=key, fingerprint=said, available_at=now) for key, said in fingerprints.items()]
    IngestionJob.objects.bulk_create(
        jobs, batch_size=1000, update_conflicts=True, unique_fields=["document"],
        update_fields=["fingerprint", "available_at", "attempts", "started_at", "lost_workers", "interruptions",
                       "outages", "priority"],
    )  # fmt: skip
    Document.objects.filter(pk__in=fingerprints, current_version=None).update(state=Document.State.PENDING)


def oldest_waiting_s() -> float:
    """Seconds since the oldest job was made; 0 when none waits."""
    oldest = IngestionJob.objects.aggregate(oldest=Min("created_at"))["oldest"]
    return (timezone.now() - oldest).total_seconds() if oldest else 0.0


def _lock(document_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [JOB_LOCK, document_id])
        return bool(cursor.fetchone()[0])


def release(document_id: int) -> None:
    """Let go of a document. Locks are counted: each taking needs a release of its own."""
    if connection.connection is None or connection.connection.closed:
        return  # The lock ended with the connection.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [JOB_LOCK, document_id])
