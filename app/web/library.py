"""What a reader finds in the library: only what they may read, and counts of nothing else."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from app.corpus.access import Reader
from app.corpus.models import Document, Source


@dataclass(frozen=True, slots=True)
class Shelf:
    """A source and how many of its documents the reader may read."""

    source: Source
    documents: int
    is_late: bool


def shelves(reader: Reader) -> list[Shelf]:
    counted = dict(readable_documents(reader).values_list("source").annotate(Count("pk")).order_by())
    sources = Source.objects.filter(Q(pk__in=counted) | Q(pk__in=Source.objects.readable_by(reader))).order_by("name")
    return [Shelf(source, counted.get(source.pk, 0), source.misses_freshness_target()) for source in sources]


def matching_documents(reader: Reader, *, title: str, source: int | None, stale: bool) -> "QuerySet[Document]":
    """Readable documents with `title` in their title or file name, of one source, or only those past their date."""
    rows = readable_documents(reader).select_related("source").order_by("title", "pk")
    if title:
        rows = rows.filter(Q(title__icontains=title) | Q(external_id__icontains=title))
    if source is not None:
        rows = rows.filter(source_id=source)
    return rows.filter(is_stale_now(reader)) if stale else rows


def readable_documents(reader: Reader) -> Any:
    return Document.objects.readable_by(reader).searchable()


def is_stale_now(reader: Reader) -> Q:
    """The condition that `Document.is_stale` checks, for the database."""
    late = [shelf.source.pk for shelf in shelves(reader) if shelf.is_late]
    return Q(valid_until__lt=timezone.localdate()) | Q(source_id__in=late)
