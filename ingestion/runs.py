"""The life of a run: opened once at a time for a source, and ended in one of five ways."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from app.corpus.models import Source
from ingestion.breaker import block, succeeded, workable
from ingestion.connectors.base import ConnectorError
from ingestion.models import IngestionJob, SyncRun

log = structlog.get_logger(__name__)


def open_run(source: Source, *, everything: bool = False, may_remove_all: bool = False) -> SyncRun | None:
    """A new run, or None while another of the same source is running. `everything`: unchanged items as well."""
    try:
        with transaction.atomic():
            return SyncRun.objects.create(source=source, everything=everything, may_remove_all=may_remove_all)
    except IntegrityError:
        return None


def finish_run(run: SyncRun | None) -> None:
    """Close the run when its listing is complete and none of its jobs is left."""
    if run is None:
        return
    done = SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING, listed_at__isnull=False, jobs__isnull=True)
    now = timezone.now()
    if done.filter(held_removals__gt=0).update(state=SyncRun.State.HELD, finished_at=now):
        return
    if done.update(state=SyncRun.State.SUCCEEDED, finished_at=now):
        Source.objects.filter(pk=run.source_id).update(last_synced_at=now)
        succeeded(run.source_id)


def fail_run(run: SyncRun | None, error: ConnectorError) -> None:
    """End the run as failed. What it queued stays queued for when the source can be read again."""
    if run is None:
        return
    running = SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING)
    if running.update(state=SyncRun.State.FAILED, message=error.message, finished_at=timezone.now()):
        log.warning("run_failed", source_id=run.source_id, permanent=error.permanent)
        block(run.source_id, error)


def cancel(run: SyncRun) -> int:
    """End the run; returns how many documents it still had to read. The next look queues what differs again.

    An upload exists nowhere but here: no look would find it, so what was not read yet stays queued.
    """
    jobs = IngestionJob.objects.filter(run=run)
    if run.source.kind == Source.Kind.UPLOAD:
        jobs.exclude(document__current_version__content_hash=F("fingerprint")).update(run=None)
    dropped, _ = jobs.delete()
    # A look at changes alone would not tell of them again.
    Source.objects.filter(pk=run.source_id).update(cursor="", listed_at=None)
    SyncRun.objects.filter(pk=run.pk).update(
        state=SyncRun.State.CANCELLED, message="An admin cancelled this run.", finished_at=timezone.now()
    )
    return dropped


@dataclass(frozen=True, slots=True)
class LastRun:
    state: str
    started_at: datetime


def next_run_at(source: Source, last: LastRun | SyncRun | None) -> datetime | None:
    """When the next run begins by itself; None where none will: paused, without an interval, or running now."""
    if source.state == Source.State.PAUSED or source.refresh_interval is None:
        return None
    if last is None:
        due = source.created_at
    elif last.state == SyncRun.State.RUNNING:
        return None
    elif last.state == SyncRun.State.FAILED and source.blocked_until is not None:
        due = source.blocked_until
    else:
        due = last.started_at + source.refresh_interval
    return max(due, source.blocked_until) if source.blocked_until else due


def open_due_runs() -> list[SyncRun]:
    """A run for every source whose time has come and that none is running for."""
    latest = SyncRun.objects.filter(source=OuterRef("pk")).order_by("-pk")
    sources = Source.objects.filter(workable(), refresh_interval__isnull=False).annotate(
        last_state=Subquery(latest.values("state")[:1]), last_started_at=Subquery(latest.values("started_at")[:1])
    )
    now, opened = timezone.now(), []
    for source in sources:
        last = LastRun(source.last_state, source.last_started_at) if source.last_state else None
        due = next_run_at(source, last)
        if due is not None and due <= now and (run := open_run(source)) is not None:
            opened.append(run)
    return opened


def unlisted_runs() -> list[SyncRun]:
    """Runs whose source must still be looked at, oldest first."""
    waiting = SyncRun.objects.filter(workable("source__"), state=SyncRun.State.RUNNING, listed_at=None)
    return list(waiting.select_related("source").order_by("pk"))


def finish_quiet_runs() -> None:
    """Close runs whose last document was done by a worker that died before it could say so."""
    for run in SyncRun.objects.filter(Q(state=SyncRun.State.RUNNING), listed_at__isnull=False, jobs__isnull=True):
        finish_run(run)
