"""Links documents that say nearly the same, in any source, to one of them.

A link is a help for people; it is made after a document is stored, and one that is lost costs nothing else. It is
renewed whenever one of the two changes.
"""

from typing import Any

import structlog
from django.db import IntegrityError, connection, transaction

from app.corpus.models import Document, DocumentVersion
from ingestion.quality.near_duplicates import NEAR, Shingles, shingles, similarity

log = structlog.get_logger(__name__)
MOST_CANDIDATES = 10
MOST_FOLLOWERS = 50
# The current versions that share most keys first; an older document is the one that others point at.
CANDIDATES = """
    SELECT v.document_id, v.id
    FROM corpus_documentversion v JOIN corpus_document d ON d.current_version_id = v.id
    WHERE v.near_keys && %(keys)s::bigint[] AND d.id < %(document)s AND d.near_duplicate_of_id IS NULL
    ORDER BY cardinality(ARRAY(SELECT unnest(v.near_keys) INTERSECT SELECT unnest(%(keys)s::bigint[]))) DESC, d.id
    LIMIT %(most)s
"""


def link_near_duplicates(document_id: int) -> None:
    """Point the document at an older one that it nearly copies, and let go of those that no longer resemble it."""
    document = Document.objects.select_related("current_version").filter(pk=document_id).first()
    if document is None or document.current_version is None:
        return
    own = shingles(document.current_version.text)
    _let_go(document, own)
    original = _original_of(document, document.current_version, own)
    if document.near_duplicate_of_id == original:
        return
    try:
        _link(document, original)
    except IntegrityError:
        # The original was removed this moment; the document is linked when it changes.
        log.info("near_duplicate_gone", document_id=document.pk)


@transaction.atomic
def _link(document: Document, original: int | None) -> None:
    Document.objects.filter(pk=document.pk).update(near_duplicate_of=original)
    if original is not None:
        # No chains: those that pointed here point at the same original, which resembles them as well.
        Document.objects.filter(near_duplicate_of=document.pk).update(near_duplicate_of=original)


def _original_of(document: Document, version: DocumentVersion, own: Shingles) -> int | None:
    if not version.near_keys:
        return None
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"keys": version.near_keys, "document": document.pk, "most": MOST_CANDIDATES}
        cursor.execute(CANDIDATES, asked)
        found = cursor.fetchall()
    for candidate, version_id in found:
        if _resembles(version_id, own):
            return int(candidate)
    return None


def _let_go(document: Document, own: Shingles) -> None:
    followers = document.near_duplicates.exclude(current_version=None).order_by("pk")
    gone = [
        pk
        for pk, version_id in followers.values_list("pk", "current_version_id")[:MOST_FOLLOWERS]
        if not _resembles(version_id, own)
    ]
    Document.objects.filter(pk__in=gone, near_duplicate_of=document).update(near_duplicate_of=None)


def _resembles(version_id: int, own: Shingles) -> bool:
    text = DocumentVersion.objects.filter(pk=version_id).values_list("text", flat=True).first()
    return text is not None and similarity(shingles(text), own) >= NEAR
