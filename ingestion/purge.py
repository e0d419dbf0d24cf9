"""Purging: a document or a source is erased with every copy of its words, and what that was is told.

Removal takes documents away from search, lists and answers. Purging also empties the answers that
were given from them, for what must not be kept at all.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Length

from app.accounts.models import User
from app.audit import events
from app.corpus.models import Chunk, Document, DocumentVersion, Source
from app.corpus.signals import content_erased
from ingestion.caches import forget_cache
from ingestion.models import ConnectorNote
from ingestion.originals import needed
from ingestion.removal import (
    delete_source,
    hand_over_from,
    hold_runs,
    lock_documents,
    originals_of,
    remove_documents,
)


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """How much was erased. `others` documents, not purged, have the same content and keep it."""

    documents: int
    versions: int
    characters: int
    chunks: int
    originals: int
    answers: int
    others: int = 0
    comes_back: bool = False

    def __str__(self) -> str:
        said = (
            f"Erased {counted(self.documents, 'document')} with {counted(self.versions, 'version')} of its text"
            f" ({self.characters:,} characters), {counted(self.chunks, 'chunk')},"
            f" {counted(self.originals, 'original file')} and the text of {counted(self.answers, 'answer')}."
        )
        if self.others:
            said += f" The same content stays in {counted(self.others, 'other document')}; purge those too."
        if self.comes_back:
            said += " The next sync reads it again unless it is removed at its source as well."
        return said


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@transaction.atomic
def purge_document(document: Document, *, actor: User | None) -> PurgeReport:
    """Erase the document, its versions, chunks, vectors and original, and what answers say of it."""
    source, key = document.source, document.pk
    report = _erase([key], comes_back=source.kind != Source.Kind.UPLOAD)
    # A connector may have noted pages it read ahead; without its notes it only looks again.
    ConnectorNote.objects.filter(source=source).delete()
    forget_cache(source.pk)
    _record(actor, events.DOCUMENT_PURGED, f"document:{key}", report)
    return report


@transaction.atomic
def purge_source(source: Source, *, actor: User | None) -> PurgeReport:
    """Erase the source and all that came from it, as `purge_document` does each of its documents."""
    key = source.pk
    hold_runs(source)
    report = _erase(list(source.documents.values_list("pk", flat=True)), comes_back=False)
    delete_source(source)
    _record(actor, events.SOURCE_PURGED, f"source:{key}", report)
    return report


def _erase(keys: Collection[int], *, comes_back: bool) -> PurgeReport:
    lock_documents(keys)
    hand_over_from(keys)
    answers = sum(int(count or 0) for _, count in content_erased.send(Document, document_ids=list(keys)))
    versions = DocumentVersion.objects.filter(document_id__in=keys)
    found = versions.aggregate(characters=Sum(Length("text")))
    hashes, originals = set(versions.values_list("content_hash", flat=True)), originals_of(keys)
    counts = versions.count(), found["characters"] or 0, Chunk.objects.filter(document_id__in=keys).count()
    removed = remove_documents(Document.objects.filter(pk__in=keys))
    others = Document.objects.filter(current_version__content_hash__in=hashes).count()
    erased = len(originals - needed(originals))
    return PurgeReport(removed, *counts, originals=erased, answers=answers, others=others, comes_back=comes_back)


def _record(actor: User | None, event: str, target: str, report: PurgeReport) -> None:
    events.record_event(
        actor, event, target, documents=report.documents, versions=report.versions, characters=report.characters,
        chunks=report.chunks, originals=report.originals, answers=report.answers,
    )  # fmt: skip
