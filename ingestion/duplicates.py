"""Identical content is stored once per source: one document holds it, the others point to that one.

When the holder changes or goes, its version and chunks pass to the next document with that content
in the same transaction, so nothing is embedded again and nothing is missing from search meanwhile.
"""

import zlib
from collections.abc import Collection

from django.db import connection

from app.corpus.models import Chunk, Document, DocumentVersion

CONTENT_LOCK = 7_215


def lock_content(document: Document, content_hash: str) -> None:
    """Make two workers with the same content in the same source take turns until the transaction ends."""
    with connection.cursor() as cursor:
        key = zlib.crc32(f"{document.source_id} {content_hash}".encode()) - 2**31
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CONTENT_LOCK, key])


def twin_of(document: Document, content_hash: str) -> Document | None:
    """Another document of the source, with the same readers, that holds this very content.

    It is locked, so that it cannot let go of the content before this transaction has linked to it.
    """
    twins = Document.objects.select_for_update(of=("self",)).filter(
        source_id=document.source_id,
        access_set_id=document.access_set_id,
        current_version__content_hash=content_hash,
    )
    twin: Document | None = twins.exclude(pk=document.pk).order_by("pk").first()
    return twin


def hand_over(document: Document, going: Collection[int] = ()) -> None:
    """Pass the document's current version and chunks on to its first duplicate that is not `going` too."""
    if document.current_version_id is None:
        return
    heirs = list(document.duplicates.exclude(pk__in=going).order_by("pk").select_for_update())
    if not heirs:
        return
    heir, others = heirs[0], heirs[1:]
    content = DocumentVersion.objects.filter(pk=document.current_version_id).values("content_hash")
    # The same content in every generation, so that the heir has been built wherever the document was.
    same = document.versions.filter(content_hash__in=content, chunks__isnull=False)
    versions = set(same.values_list("pk", flat=True))
    # What the source said of that content where the heir has it.
    DocumentVersion.objects.filter(pk__in=versions).update(document=heir, fingerprint=heir.fingerprint)
    Chunk.objects.filter(version_id__in=versions).update(document=heir, access_set_id=heir.access_set_id)
    heir.current_version_id = document.current_version_id
    heir.state, heir.duplicate_of = Document.State.READY, None
    heir.save(update_fields=["current_version", "state", "duplicate_of"])
    Document.objects.filter(pk__in=[other.pk for other in others]).update(duplicate_of=heir)
