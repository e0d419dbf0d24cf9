"""Gives entries their places in the chain, some seconds later, in the order of their numbers among those to be seen.

Whoever writes an entry takes no lock and waits for nobody. One process chains at a time. A process that is killed here
leaves either a whole batch chained or none of it, and the next one goes on: an entry has one place or none yet.
"""

import time

from django.db import connection, transaction

from app.audit.hashing import GENESIS, entry_hash
from app.audit.models import AuditEvent

CHAIN_LOCK = 7_201_001
BATCH = 1000


def chain_waiting(*, seconds: float = 60.0, batch: int = BATCH) -> int:
    """How many entries were given their places. None where another process chains just now."""
    deadline, placed = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        done = chain_batch(batch)
        placed += done
        if done < batch:
            break
    return placed


@transaction.atomic
def chain_batch(batch: int) -> int:
    if not _is_ours():
        return 0
    waiting = list(AuditEvent.objects.filter(sequence=None).order_by("pk")[:batch])
    if not waiting:
        return 0
    last = AuditEvent.objects.filter(sequence__isnull=False).order_by("-sequence").values_list("sequence", "hash")
    end, before = last.first() or (0, GENESIS)
    hashes: list[str] = []
    for sequence, event in enumerate(waiting, (end or 0) + 1):
        hashes.append(entry_hash(event, sequence, hashes[-1] if hashes else before or GENESIS))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attest_audit_chain(%s::bigint[], %s, %s, %s::text[])",
            [[event.pk for event in waiting], (end or 0) + 1, before or GENESIS, hashes],
        )
    return len(waiting)


def _is_ours() -> bool:
    """Whether this transaction is the one that chains; until it ends, no other is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [CHAIN_LOCK])
        return bool(cursor.fetchone()[0])
