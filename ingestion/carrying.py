"""Carries a document that cannot be read anew into a generation that is being built: its old text, cut as it was."""

from django.db import transaction
from django.db.models import QuerySet

from app.corpus.models import Chunk, Document, DocumentVersion, IndexGeneration
from ingestion.documents import ChunkDraft, Heading, StoredText
from ingestion.generations import encoder_of, hold_shared, is_built
from ingestion.steps.embed import EmbeddedChunks, embed
from ingestion.steps.reuse import known_embeddings
from ingestion.steps.store import NewVersion, store_beside


def carry_over(document_id: int, generation: IndexGeneration) -> bool:
    """Whether the document's current text is in `generation` now. Raises IngestionError without its encoder."""
    document = _with_version(Document.objects.all(), document_id)
    if document is None or document.current_version is None:
        return False
    version = document.current_version
    chunks = embed([(document.title, _drafts(version))], encoder_of(generation), known_embeddings)[0]
    with transaction.atomic():
        hold_shared(document.source_id)
        locked = _with_version(Document.objects.select_for_update(of=("self",)), document_id)
        state = IndexGeneration.objects.filter(pk=generation.pk).values_list("state", flat=True).first()
        if locked is None or locked.current_version_id != version.pk or state != IndexGeneration.State.BUILDING:
            return False
        if not is_built(document, version.content_hash, generation):
            # As it is now: its readers may have changed while it was embedded.
            store_beside(locked, _copy(version, locked.title, chunks), generation)
    return True


def _with_version(documents: "QuerySet[Document]", document_id: int) -> Document | None:
    return documents.select_related("current_version").filter(pk=document_id).first()


def _drafts(version: DocumentVersion) -> list[ChunkDraft]:
    rows = Chunk.objects.filter(version=version).order_by("ordinal").defer("embedding", "terms", "weights")
    return [ChunkDraft(row.ordinal, tuple(row.heading_path), row.page, row.start, row.end, row.text) for row in rows]


def _copy(version: DocumentVersion, title: str, chunks: EmbeddedChunks) -> NewVersion:
    outline = tuple(Heading(**heading) for heading in version.outline)
    pages = tuple((number, start) for number, start in version.pages)
    tables = tuple((start, end) for start, end in version.tables)
    return NewVersion(
        title=title,
        stored=StoredText(version.text, outline, pages, tables),
        chunks=chunks,
        content_hash=version.content_hash,
        original=version.original,
        mime_type=version.mime_type,
        size=version.size,
        report=version.report,
        pipeline=version.pipeline,
        file_name=version.file_name,
        fingerprint=version.fingerprint,
        near_keys=version.near_keys,
    )
