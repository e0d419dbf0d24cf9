"""Which part of a source's index was made by what, and how far a re-index is: what a page shows of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from app.corpus.models import Chunk, Document, DocumentVersion, IndexGeneration, Source
from ingestion.generations import is_current, left_to_build
from ingestion.models import DocumentFailure

State = IndexGeneration.State


@dataclass(frozen=True, slots=True)
class GenerationStatus:
    """One generation of a source's index, for a page.

    Of `wanted` documents, `built` are in it. `waiting` have a job; `carried` could not be read anew
    and kept their old text; `failed` have a failure to show. `is_outdated`: this release would make
    it otherwise.
    """

    id: int
    state: str
    state_label: str
    label: str
    parser: str
    chunker: str
    encoder: str
    documents: int
    chunks: int
    wanted: int
    built: int
    waiting: int
    carried: int
    failed: int
    is_outdated: bool
    is_pinned: bool
    is_going_back: bool
    can_roll_back: bool
    begun_at: datetime
    activated_at: datetime | None


def generation_status(source: Source) -> list[GenerationStatus]:
    """The source's generations, the one that answers first."""
    order = {State.ACTIVE: 0, State.BUILDING: 1, State.KEPT: 2}
    shown = source.generations.exclude(state=State.DISCARDED)
    return [_status(each) for each in sorted(shown, key=lambda each: order[State(each.state)])]


def _status(generation: IndexGeneration) -> GenerationStatus:
    searchable = Document.objects.filter(source_id=generation.source_id, current_version__isnull=False)
    left = left_to_build(generation)
    chunks = Chunk.objects.filter(generation=generation).aggregate(
        n=Count("pk"), documents=Count("document", distinct=True)
    )
    wanted, missing = searchable.count(), left.count()
    by_others = DocumentVersion.objects.filter(generation=generation, chunks__isnull=False).exclude(
        pipeline=f"{generation.parser} {generation.chunker} {generation.encoder}"
    )
    is_building = generation.state == State.BUILDING
    return GenerationStatus(
        id=generation.pk,
        state=generation.state,
        state_label=State(generation.state).label,
        label=str(generation),
        parser=generation.parser,
        chunker=generation.chunker,
        encoder=generation.encoder,
        documents=chunks["documents"],
        chunks=chunks["n"],
        wanted=wanted,
        built=wanted - missing,
        waiting=left.filter(job__isnull=False).count() if is_building else 0,
        carried=by_others.values("document").distinct().count(),
        failed=DocumentFailure.objects.filter(document__source_id=generation.source_id).count() if is_building else 0,
        is_outdated=not is_current(generation),
        is_pinned=generation.is_pinned,
        is_going_back=is_building and generation.is_pinned,
        can_roll_back=generation.state == State.KEPT,
        begun_at=generation.begun_at,
        activated_at=generation.activated_at,
    )
