"""Writes a finished version beside the old one and switches to it, all in one transaction.

Until the transaction commits, search finds the old version; after it, only the new one.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction
from pgvector import HalfVector

from app.corpus.models import Chunk, Document, DocumentVersion
from app.corpus.terms import K1, TEXT_SEARCH_CONFIGURATION, B, Size, corpus_size
from ingestion.documents import StoredText
from ingestion.duplicates import hand_over, lock_content, twin_of
from ingestion.steps.embed import EmbeddedChunks

CHUNKS_PER_STATEMENT = 500
HEADING_SEPARATOR = "\x1f"

INSERT_SQL = """
    INSERT INTO corpus_chunk (document_id, version_id, source_id, access_set_id, ordinal, heading_path, page,
                              start, "end", text, embedding, terms, weights, term_count, weighed_with)
    SELECT %(document)s, %(version)s, %(source)s, %(access_set)s, i.ordinal,
           CASE WHEN i.headings = '' THEN '{}' ELSE string_to_array(i.headings, %(separator)s) END, i.page,
           i.start, i.stop, i.text, i.embedding::halfvec, t.terms,
           attest_bm25_weights(t.terms, %(average)s, %(k1)s, %(b)s), attest_term_count(t.terms), %(average)s
    FROM unnest(%(ordinals)s::int[], %(headings)s::text[], %(pages)s::int[], %(starts)s::int[], %(stops)s::int[],
                %(texts)s::text[], %(words)s::text[], %(embeddings)s::text[])
         AS i(ordinal, headings, page, start, stop, text, words, embedding),
         LATERAL (SELECT to_tsvector(%(configuration)s::regconfig, i.words) AS terms) AS t
"""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """Everything that the earlier steps made of one document."""

    title: str
    stored: StoredText
    chunks: EmbeddedChunks
    content_hash: str
    original: str
    mime_type: str
    size: int
    report: dict[str, Any]
    pipeline: str


@transaction.atomic
def store(document: Document, version: NewVersion) -> Document.State:
    """Make `version` the document's current one. Content another document of the source has is linked instead."""
    lock_content(document, version.content_hash)
    twin = twin_of(document, version.content_hash)
    if twin is not None:
        return _link(document, twin, version)
    row = _version_row(document, version)
    _insert_chunks(document, row, version.chunks)
    replace_current(document, row)
    document.title = version.title
    document.state = Document.State.READY
    document.duplicate_of = None
    document.save(update_fields=["title", "state", "duplicate_of"])
    return Document.State.READY


def replace_current(document: Document, row: DocumentVersion | None) -> None:
    """Switch to `row` (None: to nothing). The old chunks go, or serve a document with the same content."""
    before = document.current_version
    if row is None or before is None or before.content_hash != row.content_hash:
        hand_over(document)
    keep = [row.pk] if row else []
    Chunk.objects.filter(document=document).exclude(version_id__in=keep)._raw_delete("default")
    document.current_version = row
    document.save(update_fields=["current_version"])


def _link(document: Document, twin: Document, version: NewVersion) -> Document.State:
    document.state = Document.State.DUPLICATE
    document.save(update_fields=["state"])
    replace_current(document, None)
    document.title = version.title
    document.duplicate_of = twin
    document.save(update_fields=["title", "duplicate_of"])
    return Document.State.DUPLICATE


def _version_row(document: Document, version: NewVersion) -> DocumentVersion:
    stored = version.stored
    return DocumentVersion.objects.create(
        document=document,
        content_hash=version.content_hash,
        original=version.original,
        mime_type=version.mime_type,
        size=version.size,
        text=stored.text,
        outline=[asdict(heading) for heading in stored.outline],
        pages=[list(page) for page in stored.pages],
        tables=[list(table) for table in stored.tables],
        report=version.report,
        pipeline=version.pipeline,
    )


def _insert_chunks(document: Document, row: DocumentVersion, chunks: EmbeddedChunks) -> None:
    size = corpus_size()
    own = Size(size.chunks + len(chunks.drafts), size.terms + sum(len(t.split()) for t in chunks.keyword_texts))
    with connection.cursor() as cursor:
        for begin in range(0, len(chunks.drafts), CHUNKS_PER_STATEMENT):
            window = slice(begin, begin + CHUNKS_PER_STATEMENT)
            cursor.execute(INSERT_SQL, _parameters(document, row, chunks, window) | {"average": own.average_terms})


def _parameters(document: Document, row: DocumentVersion, chunks: EmbeddedChunks, window: slice) -> dict[str, Any]:
    drafts = chunks.drafts[window]
    return {
        "document": document.pk, "version": row.pk, "source": document.source_id,
        "access_set": document.access_set_id, "separator": HEADING_SEPARATOR,
        "configuration": TEXT_SEARCH_CONFIGURATION, "k1": K1, "b": B,
        "ordinals": [draft.ordinal for draft in drafts],
        "headings": [HEADING_SEPARATOR.join(draft.heading_path) for draft in drafts],
        "pages": [draft.page for draft in drafts],
        "starts": [draft.start for draft in drafts],
        "stops": [draft.end for draft in drafts],
        "texts": [draft.text for draft in drafts],
        "words": chunks.keyword_texts[window],
        "embeddings": [HalfVector(vector).to_text() for vector in chunks.vectors[window]],
    }  # fmt: skip
