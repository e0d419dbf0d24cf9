"""Deletes discarded generations of the index in the background, a bounded number of chunks at a time."""

from django.db import connection, transaction

from app.corpus.models import IndexGeneration

State = IndexGeneration.State
# Deleted at a time, and in one call: what is left is deleted by the next.
CHUNKS_PER_DELETE = 2000
DELETES_PER_SWEEP = 20
DELETE_CHUNKS_SQL = """
    DELETE FROM corpus_chunk WHERE id IN (SELECT id FROM corpus_chunk WHERE generation_id = %s LIMIT %s)
"""


def sweep_discarded() -> None:
    """Delete the chunks of discarded generations, a bounded number in each call."""
    deletes = 0
    for generation in IndexGeneration.objects.filter(state=State.DISCARDED):
        while _delete_some(generation):
            deletes += 1
            if deletes >= DELETES_PER_SWEEP:
                return
        _delete_generation(generation)


def _delete_some(generation: IndexGeneration) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(DELETE_CHUNKS_SQL, [generation.pk, CHUNKS_PER_DELETE])
        return cursor.rowcount > 0


@transaction.atomic
def _delete_generation(generation: IndexGeneration) -> None:
    """Texts that answered once stay, as answers cite them; what never did goes too."""
    if generation.activated_at is None:
        generation.versions.all().delete()
    generation.delete()
