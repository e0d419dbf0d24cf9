"""Whether the index equals the sources exactly: nothing lost, doubled, stale or orphaned."""

import hashlib
from collections import Counter
from collections.abc import Mapping

from django.db import connection
from django.db.models import Count, F

from app.corpus.models import AccessSet, Chunk, Document, DocumentVersion, Source
from ingestion.drill.folder import BROKEN
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.sweep import kept_originals

TERMS_SQL = """
    WITH counted AS (
        SELECT lexeme, sum(chunks) AS chunks
        FROM (SELECT lexeme, chunks FROM corpus_termfrequency
              UNION ALL SELECT lexeme, chunks FROM corpus_termchange) AS logged
        GROUP BY lexeme HAVING sum(chunks) <> 0
    ), truth AS (
        SELECT t.lexeme, count(*) AS chunks FROM corpus_chunk, unnest(terms) AS t GROUP BY t.lexeme
    )
    SELECT count(*) FROM counted FULL JOIN truth USING (lexeme) WHERE counted.chunks IS DISTINCT FROM truth.chunks
"""
SIZE_SQL = """
    SELECT (SELECT coalesce(sum(chunks), 0) FROM corpus_corpussize) - (SELECT count(*) FROM corpus_chunk),
           (SELECT coalesce(sum(terms), 0) FROM corpus_corpussize)
               - (SELECT coalesce(sum(term_count), 0) FROM corpus_chunk)
"""


def counts() -> dict[str, int]:
    rows = {"documents": Document, "chunks": Chunk, "versions": DocumentVersion, "runs": SyncRun}
    states = Counter(Document.objects.values_list("state", flat=True))
    return {name: model.objects.count() for name, model in rows.items()} | {  # type: ignore[attr-defined]
        "searchable": states["ready"], "duplicates": states["duplicate"], "failed": states["failed"],
    }  # fmt: skip


def document_keys() -> dict[tuple[str, str], int]:
    """Of each document, by its source's name and its own place in it."""
    rows = Document.objects.values_list("source__name", "external_id", "pk")
    return {(source, external_id): key for source, external_id, key in rows}


def differences(truth: Mapping[str, Mapping[str, bytes]]) -> list[str]:
    """Sentences on what is not as it should be. `truth` maps a source's name to its files."""
    found = [sentence for name, files in truth.items() for sentence in _of_source(Source.objects.get(name=name), files)]
    return found + _leftovers() + _chunks() + _terms()


def _of_source(source: Source, files: Mapping[str, bytes]) -> list[str]:
    rows = Document.objects.filter(source=source).select_related("current_version", "duplicate_of__current_version")
    documents = {row.external_id: row for row in rows}
    found = [f"lost: {name}" for name in files.keys() - documents.keys()]
    found += [f"not removed: {name}" for name in documents.keys() - files.keys()]
    failures = set(
        DocumentFailure.objects.filter(document__source=source).values_list("document__external_id", flat=True)
    )
    for name in files.keys() & documents.keys():
        found += _of_document(documents[name], files[name], name in failures)
    return found


def _of_document(document: Document, data: bytes, has_failed: bool) -> list[str]:
    name = document.external_id
    if data.startswith(BROKEN):
        return [] if has_failed and document.current_version is None else [f"a broken file without a failure: {name}"]
    if has_failed:
        return [f"failed without a reason: {name}: {document.failure.message}"]
    holder = document.duplicate_of or document
    version = holder.current_version
    if version is None or (document.duplicate_of is not None and document.current_version is not None):
        return [f"without a text: {name} ({document.state})"]
    if version.content_hash != hashlib.sha256(data).hexdigest():
        return [f"stale: {name}"]
    return []


def _leftovers() -> list[str]:
    originals = set(DocumentVersion.objects.exclude(original="").values_list("original", flat=True))
    kept = set(kept_originals())
    texts = {
        "jobs left": IngestionJob.objects.count(),
        "runs that never ended": SyncRun.objects.filter(state=SyncRun.State.RUNNING).count(),
        "access sets of nobody": AccessSet.objects.filter(source=None, within=None).count(),
        "originals lost": len(originals - kept),
        "originals orphaned": len(kept - originals),
    }
    return [f"{count} {text}" for text, count in texts.items() if count]


def _chunks() -> list[str]:
    current = Document.objects.exclude(current_version=None).values("current_version")
    per_version = Chunk.objects.values("version").annotate(n=Count("pk"), last=F("version_id"))
    texts = {
        "chunks that belong to no current version": Chunk.objects.exclude(version__in=current).count(),
        "searchable documents without chunks": DocumentVersion.objects.filter(pk__in=current, chunks=None).count(),
        "chunks of another document than their version": Chunk.objects.exclude(
            document_id=F("version__document_id")
        ).count(),
        "chunks with other readers than their document": Chunk.objects.exclude(
            access_set_id=F("document__access_set_id")
        ).count(),
        "versions whose chunks are not counted through": sum(
            1
            for row in per_version
            if set(Chunk.objects.filter(version=row["version"]).values_list("ordinal", flat=True))
            != set(range(row["n"]))
        ),
    }
    return [f"{count} {text}" for text, count in texts.items() if count]


def _terms() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TERMS_SQL)
        ((words,),) = cursor.fetchall()
        cursor.execute(SIZE_SQL)
        ((chunks, terms),) = cursor.fetchall()
    texts = {"words whose count is wrong": words, "chunks counted wrongly": chunks, "terms counted wrongly": terms}
    return [f"{count} {text}" for text, count in texts.items() if count]
