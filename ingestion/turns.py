"""Whose turn it is: the next documents to work on, fairly among sources, and held by this process alone.

Priority goes first (somebody waits for an upload), then each source has its turn, then the oldest
job. Sources that are paused or left alone after failures are passed over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils import timezone

from ingestion.jobs import JOB_LOCK, release
from ingestion.models import SyncRun

# A source's next jobs are found by index, however long its queue is. What others hold is passed over, and what
# was taken between the first look and the lock is passed over too.
NEXT_SQL = """
    WITH held AS MATERIALIZED (
        SELECT objid::bigint AS document_id FROM pg_locks
        WHERE locktype = 'advisory' AND classid = %(lock)s AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ), due AS MATERIALIZED (
        SELECT job.document_id
        FROM corpus_source source CROSS JOIN LATERAL (
            SELECT own.*, row_number() OVER (ORDER BY own.priority DESC, own.hits, own.id) AS turn
            FROM (
                SELECT j.id, j.document_id, j.priority, j.lost_workers + j.interruptions AS hits
                FROM ingestion_ingestionjob j
                WHERE j.source_id = source.id AND j.available_at <= %(now)s AND j.priority >= %(priority)s
                  AND (j.started_at IS NOT NULL OR j.lost_workers + j.interruptions > 0) = %(suspect)s
                  AND (%(run)s::bigint IS NULL OR j.run_id = %(run)s::bigint)
                  AND j.document_id NOT IN (SELECT document_id FROM held)
                ORDER BY j.priority DESC, j.id LIMIT %(reach)s
            ) own
        ) job
        WHERE source.state = 'active' AND (source.blocked_until IS NULL OR source.blocked_until <= %(now)s)
        ORDER BY job.priority DESC, job.turn, job.id LIMIT %(reach)s
    )
    SELECT document_id FROM due WHERE pg_try_advisory_lock(%(lock)s, document_id::int) LIMIT %(limit)s
"""
ANY_SQL = """
    SELECT EXISTS (
        SELECT FROM ingestion_ingestionjob j JOIN corpus_source source ON source.id = j.source_id
        WHERE j.available_at <= %(now)s AND source.state = 'active'
          AND (source.blocked_until IS NULL OR source.blocked_until <= %(now)s)
          AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %(lock)s AND granted
                          AND objid::bigint = j.document_id)
    )
"""


@contextmanager
def next_documents(
    limit: int, *, suspect: bool = False, priority: int = 0, run: SyncRun | None = None
) -> Iterator[list[int]]:
    """Up to `limit` documents whose jobs are due, held until the end of the block.

    `suspect` documents were at hand when work was cut off: they are asked for apart, to be read alone.
    """
    parameters = {
        "lock": JOB_LOCK, "limit": limit, "reach": limit * 8, "suspect": suspect, "priority": priority,
        "run": run.pk if run else None, "now": timezone.now(),
    }  # fmt: skip
    held = [document_id for (document_id,) in _rows(NEXT_SQL, parameters)]
    try:
        yield held
    finally:
        for document_id in held:
            release(document_id)


def work_is_due() -> bool:
    """Whether there is a job that nobody holds and that may be worked on now."""
    ((found,),) = _rows(ANY_SQL, {"lock": JOB_LOCK, "now": timezone.now()})
    return bool(found)


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
