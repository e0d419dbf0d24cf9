"""The switch to a generation that is complete: what cannot be read anew is carried over, then all of it is one act."""

import structlog
from django.db import connection, transaction
from django.utils import timezone

from app.audit import events
from app.corpus.models import Document, IndexGeneration
from app.providers.errors import ProviderError
from ingestion.carrying import carry_over
from ingestion.errors import IngestionError
from ingestion.generations import active_of, building_of, can_be_built_here, hold_alone, left_to_build

log = structlog.get_logger(__name__)
State = IndexGeneration.State
SWITCH_SQL = """
    UPDATE corpus_document d SET current_version_id = built.id,
                                 title = CASE WHEN built.title = '' THEN d.title ELSE built.title END
    FROM corpus_documentversion now, corpus_documentversion built
    WHERE d.source_id = %(source)s AND now.id = d.current_version_id
      AND built.document_id = d.id AND built.generation_id = %(generation)s AND built.content_hash = now.content_hash
      AND EXISTS (SELECT 1 FROM corpus_chunk c WHERE c.version_id = built.id)
"""


def complete_reindex(source_id: int) -> bool:
    """Switch to the generation that is being built if nothing is left to build; whether it did.

    What cannot be read anew keeps its old text, embedded with the new encoder where that differs.
    """
    generation = building_of(source_id)
    if generation is None or not can_be_built_here(generation):
        return False
    left = left_to_build(generation)
    if left.filter(job__isnull=False).exists():
        return False
    try:
        for document_id in left.values_list("pk", flat=True):
            carry_over(document_id, generation)
    except (IngestionError, ProviderError) as error:
        log.warning("reindex_not_completed", source_id=source_id, reason=str(error))
        return False
    return switch(source_id)


@transaction.atomic
def switch(source_id: int) -> bool:
    """Let the generation that is being built answer, unless a document is missing in it."""
    hold_alone(source_id)
    generation, former = building_of(source_id), active_of(source_id)
    if generation is None:
        return False
    # In order, as whoever removes documents locks them.
    list(Document.objects.select_for_update().filter(source_id=source_id).order_by("pk").values_list("pk"))
    if left_to_build(generation).exists():
        return False
    with connection.cursor() as cursor:
        cursor.execute(SWITCH_SQL, {"source": source_id, "generation": generation.pk})
    of_source = IndexGeneration.objects.filter(source_id=source_id)
    of_source.filter(state=State.KEPT).update(state=State.DISCARDED)
    if former is not None:
        of_source.filter(pk=former.pk).update(state=State.KEPT, is_pinned=False)
    of_source.filter(pk=generation.pk).update(state=State.ACTIVE, activated_at=timezone.now())
    events.record_event(None, events.INDEX_SWITCHED, f"source:{source_id}", index=str(generation))
    log.info("index_switched", source_id=source_id, index=str(generation))
    return True
