"""The last transaction of a document's way in: into every generation that lacks its content, and its job goes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.db import transaction

from app.corpus.models import Document, IndexGeneration
from app.providers.types import Encoder
from ingestion.connectors.base import Fetched
from ingestion.connectors.registry import kind_of
from ingestion.documents import ChunkDraft, ParsedDocument, StoredText
from ingestion.errors import IngestionError
from ingestion.generations import CHUNKER_VERSION, PARSER_VERSION, generations_without, hold_shared
from ingestion.jobs import finish, leave
from ingestion.models import IngestionJob
from ingestion.near_duplicates import link_near_duplicates
from ingestion.originals import forget_originals, keep_original
from ingestion.quality.near_duplicates import near_keys
from ingestion.quality.report import ParseReport
from ingestion.steps.embed import EmbeddedChunks
from ingestion.steps.store import NewVersion, store, store_beside

MakeVersion = Callable[[IndexGeneration, EmbeddedChunks], NewVersion]


@dataclass(frozen=True, slots=True)
class Drafted:
    """A document up to its chunks, before they are embedded; `drafts` by encoder, as their windows differ."""

    content_hash: str
    fetched: Fetched
    parsed: ParsedDocument
    stored: StoredText
    report: ParseReport
    drafts: dict[str, list[ChunkDraft]]
    encoders: dict[str, Encoder]


@dataclass(slots=True)
class Embedded:
    """The chunks of one document by encoder, and why an encoder failed where one did."""

    chunks: dict[str, EmbeddedChunks] = field(default_factory=dict)
    failed: IngestionError | None = None


def store_drafted(job: IngestionJob, drafted: Drafted, embedded: Embedded) -> Document.State | None:
    """The state of the document; None when it was removed meanwhile, PENDING when it must be read again at once.

    Raises IngestionError without its encoder.
    """
    document = job.document
    if embedded.failed is not None and not embedded.chunks:
        raise embedded.failed
    with transaction.atomic():
        hold_shared(document.source_id)
        original = keep_original(drafted.fetched.data) if keeps_originals(document) else ""
        # Read anew under a lock: it may have been removed, or been handed another's content, while it was parsed.
        locked = Document.objects.select_for_update(of=("self",)).select_related("source", "current_version")
        current = locked.filter(pk=document.pk).first()
        if current is None:
            forget_originals({original})
            return None
        if current.access_set_id != document.access_set_id:
            # What was read may be older than the change of readers, and not meant for the new ones.
            forget_originals({original})
            leave(job)
            return Document.State.PENDING
        is_complete = _put(current, drafted, embedded, partial(_version, job, drafted, original))
        _apply_source_metadata(document)
        if is_complete:
            finish(job)
    if not is_complete:
        if embedded.failed is not None:
            raise embedded.failed
        # A re-index was begun or finished meanwhile: the job stays, for what that lacks.
        IngestionJob.objects.filter(pk=job.pk).update(started_at=None)
    if current.state != Document.State.DUPLICATE:
        link_near_duplicates(document.pk)
        return Document.State.READY
    return Document.State.DUPLICATE


def _put(document: Document, drafted: Drafted, embedded: Embedded, make: MakeVersion) -> bool:
    """Store into every generation that lacks the content and whose encoder answered; whether that was all."""
    lacking = generations_without(document, drafted.content_hash)
    ready = [generation for generation in lacking if generation.encoder in embedded.chunks]
    for generation in ready:
        version = make(generation, embedded.chunks[generation.encoder])
        if generation.state != IndexGeneration.State.ACTIVE:
            store_beside(document, version, generation)
        elif store(document, version, generation) == Document.State.DUPLICATE:
            # The twin has been or will be built in every generation.
            return True
    return ready == lacking


def _version(
    job: IngestionJob, drafted: Drafted, original: str, generation: IndexGeneration, chunks: EmbeddedChunks
) -> NewVersion:
    parsed, stored = drafted.parsed, drafted.stored
    return NewVersion(
        title=parsed.title[:500],
        stored=stored,
        chunks=chunks,
        content_hash=drafted.content_hash,
        original=original,
        mime_type=parsed.mime_type,
        size=len(drafted.fetched.data),
        report=drafted.report.as_json(),
        near_keys=near_keys(stored.text),
        pipeline=f"{PARSER_VERSION} {CHUNKER_VERSION} {generation.encoder}",
        file_name=drafted.fetched.name,
        fingerprint=job.fingerprint,
    )


def keeps_originals(document: Document) -> bool:
    return kind_of(document.source).keeps_originals


def _apply_source_metadata(document: Document) -> None:
    """Owner, review date and modification time, where the source's settings give them for this document."""
    known = document.source.settings.get("metadata", {}).get(document.external_id, {})
    if known:
        Document.objects.filter(pk=document.pk).update(**known)
