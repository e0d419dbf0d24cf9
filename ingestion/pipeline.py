"""A document's whole story: fetch → parse → clean → chunk → embed → store.

Idempotent and safe to kill anywhere: nothing is visible before the last transaction, and the job
row that asked for the work goes away in that same transaction.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from enum import StrEnum
from functools import cache, partial
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import transaction

from app.corpus.models import Document, DocumentVersion, IndexGeneration
from app.telemetry.metrics import DOCUMENTS
from ingestion.boilerplate import boilerplate_of
from ingestion.breaker import is_blocked
from ingestion.connectors.base import ConnectorError, Fetched, ItemVanished
from ingestion.documents import ParsedDocument
from ingestion.errors import FailureReason, IngestionError
from ingestion.fetching import Connectors, fetch
from ingestion.generations import (
    encoder_of,
    ensure_active,
    generations_without,
    hold_shared,
)
from ingestion.jobs import drop, fail, finish, finish_run, leave, lost_too_many_workers, put_back, taken
from ingestion.models import IngestionJob
from ingestion.originals import content_hash
from ingestion.parser_process import ParserProcess
from ingestion.quality.report import parse_report
from ingestion.stages import add_to_runs, measured, stage
from ingestion.steps.chunk import chunk
from ingestion.steps.clean import clean
from ingestion.steps.embed import embed, passage_tokens
from ingestion.steps.reuse import known_embeddings
from ingestion.storing import Drafted, Embedded, store_drafted
from ingestion.switching import complete_reindex

log = structlog.get_logger(__name__)


class Result(StrEnum):
    READY = "ready"
    DUPLICATE = "duplicate"
    UNCHANGED = "unchanged"
    GONE = "gone"
    FAILED = "failed"
    RETRY = "retry"
    NOTHING_TO_DO = "nothing_to_do"


def ingest_document(document_id: int) -> Result:
    """Bring one document up to date if it has a job that is due."""
    return ingest_documents([document_id])[document_id]


def ingest_documents(document_ids: Sequence[int]) -> dict[int, Result]:
    """Bring documents up to date, embedding them together. Failures are kept with their document, not raised."""
    with ExitStack() as held, measured() as seconds:
        jobs = {key: job for key in document_ids if (job := held.enter_context(taken(key))) is not None}
        results = dict.fromkeys(document_ids, Result.NOTHING_TO_DO)
        drafted: dict[int, Drafted] = {}
        connectors, blocked = Connectors(), set[int]()
        for key, job in jobs.items():
            source_id = job.document.source_id
            if source_id in blocked:
                # Its source failed a moment ago: asking again for each document would only take long.
                leave(job)
                results[key] = Result.RETRY
                continue
            outcome = _attempt(job, partial(_draft, job, connectors))
            if isinstance(outcome, Drafted):
                drafted[key] = outcome
            else:
                results[key] = outcome
                if outcome == Result.RETRY and is_blocked(source_id):
                    blocked.add(source_id)
        results |= _embed_and_store(jobs, drafted)
        add_to_runs(seconds, Counter(job.run_id for job in jobs.values() if job.run_id is not None))
        for job in jobs.values():
            finish_run(job.run)
        for source_id in {job.document.source_id for job in jobs.values()}:
            complete_reindex(source_id)
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
        own = put_back(job, error)
        return Result.RETRY if own is None else _failed(job, own)


def _failed(job: IngestionJob, error: IngestionError) -> Result:
    fail(job, error)
    log.warning("document_failed", document_id=job.document_id, reason=error.reason, permanent=error.permanent)
    return Result.FAILED if error.permanent else Result.RETRY


def _draft(job: IngestionJob, connectors: Connectors) -> Drafted | Result:
    """Fetch, parse, clean and chunk; nothing more is done for a document whose bytes are there wherever they should."""
    if (lost := lost_too_many_workers(job)) is not None:
        raise lost
    document = job.document
    with stage("fetch"):
        fetched = fetch(job, connectors)
    digest = content_hash(fetched.data)
    lacking = _lacking(document, digest) or _finish_unchanged(job, digest)
    if not lacking:
        return Result.UNCHANGED
    with stage("parse"):
        parsed = read(fetched)
    with stage("clean"):
        stored = clean(parsed)
    with stage("chunk"):
        encoders = {generation.encoder: encoder_of(generation) for generation in lacking}
        skipped = boilerplate_of(document.source_id, parsed.mime_type, stored)
        drafts = {
            name: chunk(stored, encoder.count_tokens, passage_tokens(encoder), skipped)
            for name, encoder in encoders.items()
        }
        report = parse_report(parsed, stored, len(skipped))
    if not all(drafts.values()):
        raise IngestionError(FailureReason.EMPTY, "The file holds no text; upload one that does.")
    return Drafted(digest, fetched, parsed, stored, report, drafts, encoders)


def _lacking(document: Document, digest: str) -> list[IndexGeneration]:
    lacking = generations_without(document, digest)
    if lacking or document.current_version_id is not None:
        return lacking
    # The first document of its source.
    return [ensure_active(document.source)]


def _finish_unchanged(job: IngestionJob, digest: str) -> list[IndexGeneration]:
    """Done, unless a re-index has begun this moment: then what that lacks."""
    document = job.document
    with transaction.atomic():
        hold_shared(document.source_id)
        if lacking := generations_without(document, digest):
            return lacking
        # The source may say something else of the same bytes now.
        current = DocumentVersion.objects.filter(
            pk__in=Document.objects.filter(pk=document.pk).values("current_version")
        )
        current.exclude(fingerprint=job.fingerprint).update(fingerprint=job.fingerprint)
        finish(job)
    return []


def _embed_and_store(jobs: dict[int, IngestionJob], drafted: dict[int, Drafted]) -> dict[int, Result]:
    with stage("embed"):
        embedded = _embed(drafted)
    with stage("store"):
        return {key: _attempt(jobs[key], partial(_store, jobs[key], drafted[key], embedded[key])) for key in drafted}


def _store(job: IngestionJob, drafted: Drafted, embedded: Embedded) -> Result:
    state = store_drafted(job, drafted, embedded)
    if state is None:
        return Result.GONE
    return Result.RETRY if state == Document.State.PENDING else Result(state.value)


def _embed(drafted: dict[int, Drafted]) -> dict[int, Embedded]:
    """All documents together for each encoder. One that fails leaves what the others made."""
    results = {key: Embedded() for key in drafted}
    encoders = {name: encoder for each in drafted.values() for name, encoder in each.encoders.items()}
    for name, encoder in encoders.items():
        keys = [key for key, each in drafted.items() if name in each.drafts]
        texts = [(drafted[key].parsed.title, drafted[key].drafts[name]) for key in keys]
        try:
            made = embed(texts, encoder, known_embeddings)
        except IngestionError as error:
            for key in keys:
                results[key].failed = error
        else:
            for key, chunks in zip(keys, made, strict=True):
                results[key].chunks[name] = chunks
    return results


def read(fetched: Fetched) -> ParsedDocument:
    return parser().parse(
        fetched.data, fetched.name,
        timeout_s=settings.ATTEST_PARSE_TIMEOUT_S, memory_mb=settings.ATTEST_PARSE_MEMORY_MB,
        recognise=settings.ATTEST_OCR_LANGUAGES if settings.ATTEST_OCR == "auto" else "",
    )  # fmt: skip


@cache
def parser() -> ParserProcess:
    """This process's parser: files are read in a child, so that a bad one takes only the child down."""
    return ParserProcess()
