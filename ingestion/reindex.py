"""Re-indexing without a gap: a new generation is built beside the one that answers, then they switch.

What there is to build follows from the database, so anything may be killed at any time. Until the
switch, one transaction, the old generation answers; afterwards it is kept for going back.
"""

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from app.accounts.models import User
from app.audit import events
from app.corpus.models import Document, IndexGeneration, Source
from app.providers.errors import ProviderError
from app.providers.registry import get_encoder
from ingestion.discarding import sweep_discarded
from ingestion.generation_status import GenerationStatus, generation_status
from ingestion.generations import (
    active_of,
    building_of,
    can_be_built_here,
    encoder_of,
    hold_alone,
    is_current,
    left_to_build,
    new_generation,
)
from ingestion.models import IngestionJob
from ingestion.switching import complete_reindex, switch
from ingestion.waking import wake_when_committed

__all__ = [
    "GenerationStatus",
    "ReindexError",
    "begin_due_reindexes",
    "begin_reindex",
    "cancel_reindex",
    "complete_reindex",
    "discard_kept",
    "generation_status",
    "rollback_reindex",
    "sweep_discarded",
]

log = structlog.get_logger(__name__)
State = IndexGeneration.State
BATCH = 1000
A_FEW_WORDS = "Is the encoder there?"


class ReindexError(ValueError):
    """The act is not possible now; the message says why."""


@transaction.atomic
def begin_reindex(source: Source, *, actor: User | None) -> IndexGeneration:
    """Build a generation by this release and the configured encoder beside the active one. Raises ReindexError."""
    try:
        # It may have to be loaded or asked, which must not happen while the generations are held.
        dimensions = get_encoder().dimensions
    except ProviderError as error:
        raise ReindexError(f"The embedding model cannot be used ({error}); correct its settings first.") from error
    hold_alone(source.pk)
    if building_of(source.pk) is not None:
        raise ReindexError("The source is being re-indexed already; cancel that first.")
    if active_of(source.pk) is None:
        raise ReindexError("Nothing of the source has been indexed yet; sync it first.")
    generation = new_generation(source, State.BUILDING, dimensions)
    queued = _queue_missing(generation)
    events.record_event(actor, events.REINDEX_BEGUN, f"source:{source.pk}", index=str(generation), documents=queued)
    wake_when_committed()
    return generation


@transaction.atomic
def cancel_reindex(source: Source, *, actor: User | None) -> None:
    """Give up the generation that is being built; the active one has answered all the while."""
    hold_alone(source.pk)
    generation = building_of(source.pk)
    if generation is None:
        raise ReindexError("The source is not being re-indexed.")
    _drop_jobs(generation)
    # What an admin was going back to stays kept.
    generation.state = State.KEPT if generation.is_pinned else State.DISCARDED
    generation.is_pinned = False
    generation.save(update_fields=["state", "is_pinned"])
    events.record_event(actor, events.REINDEX_CANCELLED, f"source:{source.pk}", index=str(generation))


@transaction.atomic
def rollback_reindex(source: Source, *, actor: User | None) -> bool:
    """Go back to the kept generation; documents that changed since are brought up to date in it first.

    True when it answers already, False when it will as soon as those documents are done. Raises ReindexError.
    """
    kept = source.generations.filter(state=State.KEPT).first()
    if kept is None:
        raise ReindexError("There is no former index to go back to.")
    try:
        encoder_of(kept).encode_query(A_FEW_WORDS)
    except ProviderError as error:
        raise ReindexError(f"The encoder of the former index, {kept.encoder}, cannot be used: {error}.") from error
    hold_alone(source.pk)
    if building_of(source.pk) is not None:
        raise ReindexError("The source is being re-indexed; cancel that first.")
    changed = source.generations.filter(pk=kept.pk, state=State.KEPT).update(
        state=State.BUILDING, is_pinned=True, begun_at=timezone.now()
    )
    if not changed:
        raise ReindexError("There is no former index to go back to.")
    kept.refresh_from_db()
    queued = _queue_missing(kept)
    events.record_event(actor, events.REINDEX_ROLLED_BACK, f"source:{source.pk}", index=str(kept), documents=queued)
    wake_when_committed()
    return switch(source.pk)


@transaction.atomic
def discard_kept(source: Source, *, actor: User | None) -> None:
    """Delete the former index; there is no going back then. Its chunks go in the background."""
    hold_alone(source.pk)
    kept = source.generations.filter(state=State.KEPT).first()
    if kept is None:
        raise ReindexError("There is no former index.")
    IndexGeneration.objects.filter(pk=kept.pk).update(state=State.DISCARDED)
    events.record_event(actor, events.REINDEX_DISCARDED, f"source:{source.pk}", index=str(kept))


def begin_due_reindexes() -> None:
    """For beat: finish what is complete, delete what was discarded, and begin the next re-index that is due."""
    sweep_discarded()
    for generation in IndexGeneration.objects.filter(state=State.BUILDING).select_related("source"):
        if can_be_built_here(generation):
            complete_reindex(generation.source_id)
        elif settings.ATTEST_REINDEX_BY_ITSELF:
            # Another release began it, and none that could finish it may ever run again.
            cancel_reindex(generation.source, actor=None)
    if settings.ATTEST_REINDEX_BY_ITSELF and not IndexGeneration.objects.filter(state=State.BUILDING).exists():
        _begin_next()


def _begin_next() -> None:
    active = IndexGeneration.objects.filter(state=State.ACTIVE, is_pinned=False, source__state=Source.State.ACTIVE)
    for generation in active.select_related("source").order_by("source_id"):
        if not is_current(generation):
            try:
                begin_reindex(generation.source, actor=None)
            except ReindexError as error:
                log.warning("reindex_not_begun", source_id=generation.source_id, reason=str(error))
            return


def _queue_missing(generation: IndexGeneration) -> int:
    """A job for each document that the generation lacks, and for those that never could be read."""
    failed = Q(state=Document.State.FAILED, source_id=generation.source_id)
    wanted = Document.objects.filter(Q(pk__in=left_to_build(generation).values("pk")) | failed)
    jobs = [
        IngestionJob(document_id=key, source_id=generation.source_id, fingerprint=fingerprint)
        for key, fingerprint in wanted.values_list("pk", "fingerprint")
    ]
    # One that has a job already is built everywhere by that.
    IngestionJob.objects.bulk_create(jobs, batch_size=BATCH, ignore_conflicts=True)
    return len(jobs)


def _drop_jobs(generation: IndexGeneration) -> None:
    """The jobs that only the re-index needs: their documents are as the source has them."""
    idle = IngestionJob.objects.filter(
        document__source_id=generation.source_id, run=None, started_at=None, document__failure=None
    )
    idle.filter(
        document__in=left_to_build(generation), fingerprint=F("document__current_version__fingerprint")
    ).delete()
