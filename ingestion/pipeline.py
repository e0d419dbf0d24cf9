"""A document's whole story: fetch → parse → clean → chunk → embed → store.

Idempotent and safe to kill anywhere: nothing is visible before the last transaction, and the job
row that asked for the work goes away in that same transaction.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import transaction

from app.corpus.models import Document
from app.providers.registry import get_encoder
from app.telemetry.metrics import DOCUMENTS
from ingestion.connectors.base import ConnectorError, Fetched, ItemVanished
from ingestion.connectors.registry import connector_for, kind_of
from ingestion.documents import ChunkDraft, ParsedDocument, StoredText
from ingestion.errors import FailureReason, IngestionError
from ingestion.jobs import drop, fail, finish, finish_run, lost_too_many_workers, taken
from ingestion.models import IngestionJob
from ingestion.originals import content_hash, forget_originals, keep_original
from ingestion.parser_process import ParserProcess
from ingestion.steps.chunk import chunk
from ingestion.steps.clean import clean
from ingestion.steps.embed import EmbeddedChunks, embed, passage_tokens
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


@dataclass(frozen=True, slots=True)
class Drafted:
    """A document up to its chunks, before they are embedded."""

    content_hash: str
    fetched: Fetched
    parsed: ParsedDocument
    stored: StoredText
    drafts: list[ChunkDraft]


def ingest_document(document_id: int) -> Result:
    """Bring one document up to date if it has a job that is due."""
    return ingest_documents([document_id])[document_id]


def ingest_documents(document_ids: Sequence[int]) -> dict[int, Result]:
    """Bring documents up to date, embedding them together. Failures are kept with their document, not raised."""
    with ExitStack() as held:
        jobs = {key: held.enter_context(taken(key)) for key in document_ids}
        drafted: dict[int, Drafted] = {}
        results = {key: Result.NOTHING_TO_DO for key, job in jobs.items() if job is None}
        for key, job in jobs.items():
            if job is not None:
                outcome = _attempt(job, partial(_draft, job))
                if isinstance(outcome, Drafted):
                    drafted[key] = outcome
                else:
                    results[key] = outcome
        results |= _embed_and_store({key: job for key, job in jobs.items() if job is not None}, drafted)
        for job in jobs.values():
            finish_run(job.run if job else None)
    for key, result in results.items():
        _tell(key, result)
    return results


def _tell(document_id: int, result: Result) -> None:
    if result != Result.NOTHING_TO_DO:
        DOCUMENTS.labels(result).inc()
        log.info("document_ingested", document_id=document_id, result=result)


T = TypeVar("T")


def _attempt(job: IngestionJob, act: Callable[[], T]) -> T | Result:
    """What `act` returns, or how it ended otherwise. A failing database is raised: the job stays as it is."""
    try:
        return act()
    except ItemVanished:
        # The next look at the whole source removes it: only that can tell a lost file from a lost disk.
        drop(job)
        return Result.GONE
    except IngestionError as error:
        return _failed(job, error)
    except ConnectorError as error:
        return _failed(job, IngestionError(FailureReason.UNREADABLE, error.message, permanent=error.permanent))


def _failed(job: IngestionJob, error: IngestionError) -> Result:
    fail(job, error)
    log.warning("document_failed", document_id=job.document_id, reason=error.reason, permanent=error.permanent)
    return Result.FAILED if error.permanent else Result.RETRY


def _draft(job: IngestionJob) -> Drafted | Result:
    """Fetch, parse, clean and chunk; nothing more is done for a document whose bytes are the same."""
    if (lost := lost_too_many_workers(job)) is not None:
        raise lost
    document = job.document
    fetched = connector_for(document.source).fetch(document.external_id)
    digest = content_hash(fetched.data)
    if _is_unchanged(document, digest):
        with transaction.atomic():
            finish(job)
        return Result.UNCHANGED
    encoder = get_encoder()
    parsed = read(fetched)
    stored = clean(parsed)
    drafts = chunk(stored, encoder.count_tokens, passage_tokens(encoder))
    if not drafts:
        raise IngestionError(FailureReason.EMPTY, "The file holds no text; upload one that does.")
    return Drafted(digest, fetched, parsed, stored, drafts)


def _embed_and_store(jobs: dict[int, IngestionJob], drafted: dict[int, Drafted]) -> dict[int, Result]:
    if not drafted:
        return {}
    try:
        embedded = embed([(each.parsed.title, each.drafts) for each in drafted.values()], get_encoder())
    except IngestionError as error:
        return {key: _failed(jobs[key], error) for key in drafted}
    return {
        key: _attempt(jobs[key], partial(_store, jobs[key], each, chunks))
        for (key, each), chunks in zip(drafted.items(), embedded, strict=True)
    }


def _store(job: IngestionJob, drafted: Drafted, chunks: EmbeddedChunks) -> Result:
    document = job.document
    original = keep_original(drafted.fetched.data) if keeps_originals(document) else ""
    parsed, stored = drafted.parsed, drafted.stored
    version = NewVersion(
        title=parsed.title[:500],
        stored=stored,
        chunks=chunks,
        content_hash=drafted.content_hash,
        original=original,
        mime_type=parsed.mime_type,
        size=len(drafted.fetched.data),
        report={"pages": parsed.page_count, "characters": len(stored.text), "warnings": list(parsed.warnings)},
        pipeline=pipeline_name(),
    )
    with transaction.atomic():
        # Read anew under a lock: it may have been removed, or been handed another's content, while it was parsed.
        locked = Document.objects.select_for_update(of=("self",)).select_related("source", "current_version")
        current = locked.filter(pk=document.pk).first()
        if current is None:
            forget_originals({version.original})
            return Result.GONE
        state = store(current, version)
        _apply_source_metadata(document)
        finish(job)
    return Result.DUPLICATE if state == Document.State.DUPLICATE else Result.READY


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


def keeps_originals(document: Document) -> bool:
    return kind_of(document.source).keeps_originals


def _is_unchanged(document: Document, digest: str) -> bool:
    version = document.current_version
    return version is not None and version.content_hash == digest and version.pipeline == pipeline_name()


def _apply_source_metadata(document: Document) -> None:
    """Owner, review date and modification time, where the source's settings give them for this document."""
    known = document.source.settings.get("metadata", {}).get(document.external_id, {})
    if known:
        Document.objects.filter(pk=document.pk).update(**known)
