"""Knows for each source which blocks most of its pages repeat, from a few of its newest pages.

Looked up at most once in a while for each source and process, so it costs the same however large the source is. What is
repeated stays in the stored text, where a reader of the page sees it, and is only left out of the passages.
"""

from __future__ import annotations

import time

from django.db.models.functions import Substr

from app.corpus.models import DocumentVersion
from ingestion.documents import StoredText
from ingestion.quality.boilerplate import PAGE_TYPES, Repeated, Span, boilerplate_spans, repeated_blocks

PAGES_LOOKED_AT = 30
CHARACTERS_LOOKED_AT = 60_000
KNOWN_FOR_S = 60.0
_MOST_SOURCES = 200

_known: dict[int, tuple[float, Repeated]] = {}


def boilerplate_of(source_id: int, mime_type: str, stored: StoredText) -> list[Span]:
    """The spans of a document's text that are its site's, not its own; none in files that are no web pages."""
    if mime_type not in PAGE_TYPES:
        return []
    return boilerplate_spans(stored, _repeated_in(source_id))


def _repeated_in(source_id: int) -> Repeated:
    now = time.monotonic()
    until, repeated = _known.get(source_id, (0.0, frozenset()))
    if now >= until:
        repeated = repeated_blocks(_newest_pages(source_id))
        if len(_known) >= _MOST_SOURCES:
            _known.clear()
        _known[source_id] = (now + KNOWN_FOR_S, repeated)
    return repeated


def forget_repeated() -> None:
    """Look again at the next document."""
    _known.clear()


def _newest_pages(source_id: int) -> list[str]:
    versions = DocumentVersion.objects.filter(document__source_id=source_id, mime_type__in=PAGE_TYPES)
    newest = versions.order_by("-pk").annotate(begins=Substr("text", 1, CHARACTERS_LOOKED_AT))
    return list(newest.values_list("begins", flat=True)[:PAGES_LOOKED_AT])
