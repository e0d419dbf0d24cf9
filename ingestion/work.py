"""Working through what is queued, in two lanes: one document group is read and stored while the other is embedded.

What a worker and the command line share. Documents that were at hand when work was cut off go first and
alone, with nothing beside them, so that only the one at fault is blamed.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from threading import Event

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from app.telemetry.places import places_of
from ingestion.errors import FailureReason, IngestionError
from ingestion.jobs import INTERACTIVE, fail
from ingestion.models import IngestionJob, SyncRun
from ingestion.pipeline import Result, ingest_documents
from ingestion.turns import next_documents

log = structlog.get_logger(__name__)
# Documents embedded together: enough to fill batches, few enough for the progress to move.
GROUP = 12
LANES = 2
POLL_S = 0.3
# The share of a stretch that may go to documents read alone.
ALONE_SHARE = 0.5
Report = Callable[[dict[int, Result]], None]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Work until `until` (monotonic seconds), on everything that is due or on one run's documents."""

    until: float
    run: SyncRun | None = None
    report: Report = lambda results: None

    def is_over(self) -> bool:
        return time.monotonic() >= self.until


def work_for(seconds: float, *, run: SyncRun | None = None, report: Report = lambda results: None) -> None:
    """Ingest what is due until nothing is left or the time is over; what was begun is finished."""
    now = time.monotonic()
    _work_alone(Stretch(now + seconds * ALONE_SHARE, run, report))
    stretch = Stretch(now + seconds, run, report)
    if connection.in_atomic_block:
        # Other connections would not see what this transaction has not committed.
        _lane(stretch)
        return
    stop = Event()
    with ThreadPoolExecutor(LANES + 1, thread_name_prefix="ingest") as pool:
        pool.submit(copy_context().run, _serve_uploads, stretch, stop)
        lanes = [pool.submit(copy_context().run, _lane_of_its_own, stretch) for _ in range(LANES)]
        try:
            for lane in lanes:
                lane.result()
        finally:
            stop.set()


def _work_alone(stretch: Stretch) -> None:
    while not stretch.is_over() and _ingest_next(stretch, limit=1, suspect=True):
        pass


def _lane_of_its_own(stretch: Stretch) -> None:
    try:
        _lane(stretch)
    finally:
        connection.close()


def _lane(stretch: Stretch) -> None:
    while not stretch.is_over() and _ingest_next(stretch, limit=GROUP):
        pass


def _serve_uploads(stretch: Stretch, stop: Event) -> None:
    """While the lanes are busy with groups, take what somebody waits for at once."""
    try:
        while stretch.run is None and not stretch.is_over() and not stop.wait(POLL_S):
            while _ingest_next(stretch, limit=GROUP, priority=INTERACTIVE):
                pass
    finally:
        connection.close()


def _ingest_next(stretch: Stretch, *, limit: int, suspect: bool = False, priority: int = 0) -> bool:
    """Ingest the next group; False when there is none, or the database has gone."""
    try:
        with next_documents(limit, suspect=suspect, priority=priority, run=stretch.run) as documents:
            if documents:
                stretch.report(_ingest(documents))
            return bool(documents)
    except (OperationalError, InterfaceError) as error:
        if connection.in_atomic_block:
            raise
        log.warning("work_cut_off", error=type(error).__name__)
        connection.close()
        return False


def _ingest(documents: list[int]) -> dict[int, Result]:
    try:
        return ingest_documents(documents)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - a thread or a group must not end for one
        log.error(
            "ingestion_ended_unexpectedly", documents=len(documents), error=type(error).__name__,
            places=places_of(error),
        )  # fmt: skip
        if len(documents) == 1:
            _set_aside(documents[0], error)
        # Of several, nobody knows which it was: each is read alone next.
        return {}


@transaction.atomic
def _set_aside(document_id: int, error: Exception) -> None:
    """Keep the failure of a document that ended in an error nobody foresaw; it stays apart from others."""
    job = IngestionJob.objects.select_related("document").filter(document_id=document_id).first()
    if job is None:
        return
    message = f"Reading this document ended unexpectedly ({type(error).__name__}); the server's log says where."
    fail(job, IngestionError(FailureReason.INTERNAL, message, permanent=False))
    IngestionJob.objects.filter(pk=job.pk, interruptions=0).update(interruptions=1)
