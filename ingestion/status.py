"""What a page or an API answer shows of a source and of a document."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from app.corpus.models import Document, Source
from ingestion.connectors.registry import kind_of, kinds
from ingestion.models import DocumentFailure, IngestionJob, SyncRun


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """Counts of documents by state; `progress_done` of `progress_total` belongs to the latest run."""

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
    counts = source.documents.aggregate(
        documents=Count("pk"),
        searchable=Count("pk", filter=Q(current_version__isnull=False)),
        waiting=Count("pk", filter=Q(job__isnull=False)),
        failed=Count("pk", filter=Q(failure__isnull=False)),
        duplicates=Count("pk", filter=Q(state=Document.State.DUPLICATE)),
    )
    run = source.runs.order_by("-pk").first()
    left = run.jobs.count() if run else 0
    return SourceStatus(
        source=source,
        kind_label=kind_of(source).label if source.kind in kinds() else source.kind,
        run=run,
        is_running=bool(run and run.state == SyncRun.State.RUNNING) or counts["waiting"] > 0,
        progress_done=max(0, run.queued - left) if run else 0,
        progress_total=run.queued if run else 0,
        misses_target=source.misses_freshness_target(),
        **counts,
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
