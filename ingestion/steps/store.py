"""Writes a finished version beside the old one and switches to it, all in one transaction.

Until the transaction commits, search finds the old version; after it, only the new one. Versions for
a generation that does not answer yet are put beside, where search does not look.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from pgvector import HalfVector

from app.corpus.models import Chunk, Document, DocumentVersion, IndexGeneration
from app.corpus.terms import K1, TEXT_SEARCH_CONFIGURATION, B, Size, corpus_size
from ingestion.documents import StoredText
from ingestion.duplicates import hand_over, lock_content, twin_of
from ingestion.generations import ensure_active
from ingestion.steps.embed import EmbeddedChunks

CHUNKS_PER_STATEMENT = 500
HEADING_SEPARATOR = "\x1f"

INSERT_SQL = """
    INSERT INTO corpus_chunk (document_id, version_id, source_id, generation_id, access_set_id, ordinal, heading_path,
                              page, start, "end", text, embedding, dimensions, embedding_key, sentence_vectors,
                              terms, weights, term_count, weighed_with)
    SELECT %(document)s, %(version)s, %(source)s, %(generation)s, %(access_set)s, i.ordinal,
           CASE WHEN i.headings = '' THEN '{}' ELSE string_to_array(i.headings, %(separator)s) END, i.page,
           i.start, i.stop, i.text, i.embedding::halfvec, %(dimensions)s, i.key, i.sentences, t.terms,
           attest_bm25_weights(t.terms, %(average)s, %(k1)s, %(b)s), attest_term_count(t.terms), %(average)s
    FROM unnest(%(ordinals)s::int[], %(headings)s::text[], %(pages)s::int[], %(starts)s::int[], %(stops)s::int[],
                %(texts)s::text[], %(words)s::text[], %(embeddings)s::text[], %(keys)s::uuid[], %(sentences)s::bytea[])
         AS i(ordinal, headings, page, start, stop, text, words, embedding, key, sentences),
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
    file_name: str = ""
    fingerprint: str = ""
    near_keys: list[int] = field(default_factory=list)


@transaction.atomic(savepoint=False)
def store(document: Document, version: NewVersion, generation: IndexGeneration | None = None) -> Document.State:
    """Make `version` the document's current one, in the active `generation` of its source.

    Content that another document of the source has is linked instead.
    """
    generation = generation or ensure_active(document.source, version.chunks.vectors.shape[1])
    lock_content(document, version.content_hash)
    twin = twin_of(document, version.content_hash)
    if twin is not None:
        return _link(document, twin, version)
    row = _version_row(document, version, generation)
    _insert_chunks(document, row, version.chunks)
    _let_go(document, row)
    document.state, document.duplicate_of = Document.State.READY, None
    return _switched(document, row, version)


def _let_go(document: Document, row: DocumentVersion | None) -> None:
    """The chunks that `row` (None: nothing) replaces go, or serve a document with the same content."""
    before = document.current_version
    if before is None:
        # A document without a version has no chunks in any generation.
        return
    if row is None or before.content_hash != row.content_hash:
        hand_over(document)
    forget_chunks(document, _outdated_by(document, row))


def _switched(document: Document, row: DocumentVersion | None, version: NewVersion) -> Document.State:
    document.current_version, document.title = row, version.title
    document.save(update_fields=["current_version", "title", "state", "duplicate_of"])
    return Document.State(document.state)


def store_beside(document: Document, version: NewVersion, generation: IndexGeneration) -> None:
    """Put `version` into a generation that does not answer yet, in place of what it held of the document."""
    before = document.versions.filter(generation=generation, chunks__isnull=False)
    forget_chunks(document, set(before.values_list("pk", flat=True)))
    _insert_chunks(document, _version_row(document, version, generation), version.chunks)


def forget_chunks(document: Document, version_ids: Collection[int]) -> None:
    Chunk.objects.filter(document=document, version_id__in=version_ids)._raw_delete("default")


def _outdated_by(document: Document, row: DocumentVersion | None) -> set[int]:
    """Versions whose chunks go: other content in any generation, and other chunks of the same in this one."""
    others = DocumentVersion.objects.filter(pk__in=Chunk.objects.filter(document=document).values("version_id"))
    if row is None:
        return set(others.values_list("pk", flat=True))
    outdated = others.exclude(pk=row.pk).filter(~Q(content_hash=row.content_hash) | Q(generation_id=row.generation_id))
    return set(outdated.values_list("pk", flat=True))


def _link(document: Document, twin: Document, version: NewVersion) -> Document.State:
    _let_go(document, None)
    document.state, document.duplicate_of = Document.State.DUPLICATE, twin
    return _switched(document, None, version)


def _version_row(document: Document, version: NewVersion, generation: IndexGeneration) -> DocumentVersion:
    stored = version.stored
    return DocumentVersion.objects.create(
        document=document,
        generation=generation,
        title=version.title,
        file_name=version.file_name[:1000],
        fingerprint=version.fingerprint,
        near_keys=version.near_keys,
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
        "generation": row.generation_id, "access_set": document.access_set_id,
        "dimensions": chunks.vectors.shape[1], "separator": HEADING_SEPARATOR,
        "configuration": TEXT_SEARCH_CONFIGURATION, "k1": K1, "b": B,
        "ordinals": [draft.ordinal for draft in drafts],
        "headings": [HEADING_SEPARATOR.join(draft.heading_path) for draft in drafts],
        "pages": [draft.page for draft in drafts],
        "starts": [draft.start for draft in drafts],
        "stops": [draft.end for draft in drafts],
        "texts": [draft.text for draft in drafts],
        "words": chunks.keyword_texts[window],
        "embeddings": [HalfVector(vector).to_text() for vector in chunks.vectors[window]],
        "keys": chunks.keys[window] or [None] * len(drafts),
        "sentences": chunks.sentences[window] or [b""] * len(drafts),
    }  # fmt: skip
