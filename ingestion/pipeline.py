"""One document's whole story: fetch → parse → clean → chunk → embed → store.

Idempotent and safe to kill anywhere: nothing is visible before the last transaction, and the job
row that asked for the work goes away in that same transaction.
"""

from enum import StrEnum
from functools import cache

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction

from app.corpus.models import Document
from app.providers.registry import get_encoder
from app.telemetry.metrics import DOCUMENTS
from ingestion.connectors.base import ConnectorError, Fetched, ItemVanished
from ingestion.connectors.registry import connector_for
from ingestion.documents import ParsedDocument
from ingestion.errors import FailureReason, IngestionError
from ingestion.jobs import fail, finish, finish_run, lost_too_many_workers, taken
from ingestion.models import IngestionJob
from ingestion.originals import content_hash, keep_original
from ingestion.parser_process import ParserProcess
from ingestion.removal import remove_documents
from ingestion.steps.chunk import chunk
from ingestion.steps.clean import clean
from ingestion.steps.embed import embed, passage_tokens
from ingestion.steps.store import NewVersion, store

log = structlog.get_logger(__name__)
PARSER_VERSION = "parse-1"
CHUNKER_VERSION = "chunk-1"


class Result(StrEnum):
    READY = "ready"
    DUPLICATE = "duplicate"
    UNCHANGED = "unchanged"
    GONE = "gone"
    FAILED = "failed"
    RETRY = "retry"
    NOTHING_TO_DO = "nothing_to_do"


def ingest_document(document_id: int) -> Result:
    """Bring one document up to date if it has a job that is due. Failures are kept, not raised."""
    with taken(document_id) as job:
        if job is None:
            return Result.NOTHING_TO_DO
        result = _work(job)
        finish_run(job.run)
    DOCUMENTS.labels(result).inc()
    log.info("document_ingested", document_id=document_id, result=result, attempt=job.attempts)
    return result


def _work(job: IngestionJob) -> Result:
    try:
        if (lost := lost_too_many_workers(job)) is not None:
            raise lost
        return _bring_up_to_date(job)
    except ItemVanished:
        remove_documents([job.document])
        return Result.GONE
    except IngestionError as error:
        return _failed(job, error)
    except ConnectorError as error:
        return _failed(job, IngestionError(FailureReason.UNREADABLE, error.message, permanent=error.permanent))
    except DatabaseError:
        # The database is at fault, not the document: the job stays as it is and is found again.
        log.exception("document_not_stored", document_id=job.document_id)
        raise


def _failed(job: IngestionJob, error: IngestionError) -> Result:
    fail(job, error)
    log.warning("document_failed", document_id=job.document_id, reason=error.reason, permanent=error.permanent)
    return Result.FAILED if error.permanent else Result.RETRY


def _bring_up_to_date(job: IngestionJob) -> Result:
    document = job.document
    fetched = connector_for(document.source).fetch(document.external_id)
    if _is_unchanged(document, content_hash(fetched.data)):
        with transaction.atomic():
            finish(job)
        return Result.UNCHANGED
    version = build_version(document, fetched)
    with transaction.atomic():
        state = store(document, version)
        _apply_source_metadata(document)
        finish(job)
    return Result.DUPLICATE if state == Document.State.DUPLICATE else Result.READY


def build_version(document: Document, fetched: Fetched) -> NewVersion:
    """Everything up to the database: parse, clean, chunk, embed. Raises IngestionError."""
    encoder = get_encoder()
    parsed = read(fetched)
    stored = clean(parsed)
    drafts = chunk(stored, encoder.count_tokens, passage_tokens(encoder))
    if not drafts:
        raise IngestionError(FailureReason.EMPTY, "The file holds no text; upload one that does.")
    embedded = embed(parsed.title, drafts, encoder)
    digest = keep_original(fetched.data) if connector_keeps_originals(document) else ""
    return NewVersion(
        title=parsed.title[:500],
        stored=stored,
        chunks=embedded,
        content_hash=content_hash(fetched.data),
        original=digest,
        mime_type=parsed.mime_type,
        size=len(fetched.data),
        report={"pages": parsed.page_count, "characters": len(stored.text), "warnings": list(parsed.warnings)},
        pipeline=pipeline_name(),
    )


def pipeline_name() -> str:
    """What made a version: with another one, a document is built anew even if its bytes are the same."""
    return f"{PARSER_VERSION} {CHUNKER_VERSION} {get_encoder().name}"


def read(fetched: Fetched) -> ParsedDocument:
    return parser().parse(
        fetched.data, fetched.name,
        timeout_s=settings.ATTEST_PARSE_TIMEOUT_S, memory_mb=settings.ATTEST_PARSE_MEMORY_MB,
    )  # fmt: skip


@cache
def parser() -> ParserProcess:
    """This process's parser: files are read in a child, so that a bad one takes only the child down."""
    return ParserProcess()


def connector_keeps_originals(document: Document) -> bool:
    return document.source.kind != document.source.Kind.DATASET


def _is_unchanged(document: Document, digest: str) -> bool:
    version = document.current_version
    return version is not None and version.content_hash == digest and version.pipeline == pipeline_name()


def _apply_source_metadata(document: Document) -> None:
    """Owner, review date and modification time, where the source's settings give them for this document."""
    known = document.source.settings.get("metadata", {}).get(document.external_id, {})
    if known:
        Document.objects.filter(pk=document.pk).update(**known)
