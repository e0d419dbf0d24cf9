"""What a page or an API answer shows of a source and of a document."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from app.corpus.models import Document, Source
from ingestion.connectors.registry import kind_of, kinds
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.runs import next_run_at

__all__ = [
    "DocumentStatus",
    "KindHealth",
    "SourceStatus",
    "document_status",
    "health_by_kind",
    "next_run_at",
    "source_status",
    "source_statuses",
]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """Counts of documents by state; `progress_done` of `progress_total` belongs to the latest run.

    `time_left` is an estimate from the run's own speed. `blocked_until` is set while the source is left
    alone after failures. `held_removals` counts the documents whose removal waits for an admin.
    `oldest_unchecked_at` is when the document was checked that was not checked for longest.
    """

    source: Source
    kind_label: str
    documents: int
    searchable: int
    waiting: int
    failed: int
    duplicates: int
    run: SyncRun | None
    is_running: bool
    progress_done: int
    progress_total: int
    misses_target: bool
    is_paused: bool = False
    blocked_until: datetime | None = None
    blocked_message: str = ""
    held_removals: int = 0
    next_run_at: datetime | None = None
    oldest_unchecked_at: datetime | None = None
    time_left: timedelta | None = None


@dataclass(frozen=True, slots=True)
class KindHealth:
    """All sources of one kind: how many `stale`, `failing`, `held` or `paused`, and the worst of their documents.

    `check_s` and `target_s` are by source: the age of its oldest check where it has documents, and what is promised.
    """

    kind: str
    conditions: dict[str, int]
    failed_documents: int
    oldest_check_s: float
    check_s: dict[int, float]
    target_s: dict[int, float]


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """`reason` and `message` are empty unless the latest attempt failed."""

    state: str
    reason: str
    message: str
    permanent: bool
    attempts: int
    waiting_since: datetime | None


def source_status(source: Source) -> SourceStatus:
    return source_statuses([source])[0]


def source_statuses(sources: Iterable[Source]) -> list[SourceStatus]:
    """The status of each, in the same order. The number of queries does not grow with the number of sources."""
    rows = list(sources)
    keys = [source.pk for source in rows]
    counts, runs = _counts(keys), _latest_runs(keys)
    left = _counted(IngestionJob.objects.filter(run__in=[run.pk for run in runs.values()]), "run_id")
    nothing = dict.fromkeys(("documents", "searchable", "waiting", "failed", "duplicates"), 0)
    return [
        _status(source, counts.get(source.pk, nothing | {"oldest_unchecked_at": None}), runs.get(source.pk), left)
        for source in rows
    ]


def _status(source: Source, counts: dict[str, Any], run: SyncRun | None, left: dict[int, int]) -> SourceStatus:
    now = timezone.now()
    total = run.queued if run else 0
    done = max(0, total - left.get(run.pk, 0)) if run else 0
    is_blocked = source.blocked_until is not None and source.blocked_until > now
    return SourceStatus(
        source=source,
        kind_label=kind_of(source).label if source.kind in kinds() else source.kind,
        run=run,
        is_running=bool(run and run.state == SyncRun.State.RUNNING) or counts["waiting"] > 0,
        progress_done=done,
        progress_total=total,
        misses_target=source.misses_freshness_target(now),
        is_paused=source.state == Source.State.PAUSED,
        blocked_until=source.blocked_until if is_blocked else None,
        blocked_message=source.blocked_message if is_blocked else "",
        held_removals=run.held_removals if run and run.state == SyncRun.State.HELD else 0,
        next_run_at=next_run_at(source, run),
        time_left=_time_left(run, done, total, now),
        **counts,
    )


def health_by_kind() -> list[KindHealth]:
    """For metrics: one row for each kind that has sources."""
    by_kind: dict[str, list[SourceStatus]] = {}
    for status in source_statuses(Source.objects.order_by("kind")):
        by_kind.setdefault(status.source.kind, []).append(status)
    return [_kind_health(kind, statuses) for kind, statuses in by_kind.items()]


def _kind_health(kind: str, statuses: list[SourceStatus]) -> KindHealth:
    now = timezone.now()
    oldest = [status.oldest_unchecked_at for status in statuses if status.oldest_unchecked_at is not None]
    return KindHealth(
        kind=kind,
        conditions={
            "all": len(statuses),
            "stale": sum(status.misses_target for status in statuses),
            "failing": sum(status.source.failed_runs > 0 for status in statuses),
            "held": sum(status.held_removals > 0 for status in statuses),
            "paused": sum(status.is_paused for status in statuses),
        },
        failed_documents=sum(status.failed for status in statuses),
        oldest_check_s=max(((now - moment).total_seconds() for moment in oldest), default=0.0),
        check_s={
            status.source.pk: (now - status.oldest_unchecked_at).total_seconds()
            for status in statuses
            if status.oldest_unchecked_at is not None
        },
        target_s={
            status.source.pk: status.source.freshness_target.total_seconds()
            for status in statuses
            if status.source.freshness_target is not None
        },
    )


def document_status(document: Document) -> DocumentStatus:
    failure = DocumentFailure.objects.filter(document=document).first()
    job = IngestionJob.objects.filter(document=document).first()
    return DocumentStatus(
        state=Document.State.PENDING if job and not failure else document.state,
        reason=failure.reason if failure else "",
        message=failure.message if failure else "",
        permanent=bool(failure and failure.permanent),
        attempts=failure.attempts if failure else (job.attempts if job else 0),
        waiting_since=job.created_at if job else None,
    )


def _counts(keys: list[int]) -> dict[int, dict[str, Any]]:
    rows: Any = Document.objects.filter(source__in=keys).order_by()
    names = ("documents", "searchable", "waiting", "failed", "duplicates", "oldest_unchecked_at")
    counted = rows.values_list("source_id").annotate(
        n_all=Count("pk"),
        n_searchable=Count("pk", filter=Q(current_version__isnull=False)),
        n_waiting=Count("pk", filter=Q(job__isnull=False)),
        n_failed=Count("pk", filter=Q(failure__isnull=False)),
        n_duplicates=Count("pk", filter=Q(state=Document.State.DUPLICATE)),
        oldest=Min(Coalesce("checked_at", "added_at")),
    )
    return {source_id: dict(zip(names, counts, strict=True)) for source_id, *counts in counted}


def _latest_runs(keys: list[int]) -> dict[int, SyncRun]:
    latest = SyncRun.objects.filter(source__in=keys).order_by("source_id", "-pk").distinct("source_id")
    return {run.source_id: run for run in latest}


def _counted(rows: Any, by: str) -> dict[int, int]:
    return dict(rows.order_by().values_list(by).annotate(Count("pk")))


def _time_left(run: SyncRun | None, done: int, total: int, now: datetime) -> timedelta | None:
    if run is None or run.state != SyncRun.State.RUNNING or run.listed_at is None or not done:
        return None
    return (now - run.listed_at) / done * (total - done)
