"""A run over one source: look at what is there, compare with what is known, and queue the difference.

Looking may take long and is repeated safely; what follows from it is written in one transaction.
"""

import structlog
from django.db import OperationalError
from django.db.models import F
from psycopg.errors import DeadlockDetected

from ingestion.apply import apply
from ingestion.connectors.base import ConnectorError
from ingestion.listing import Listing, listing_of
from ingestion.models import SyncRun
from ingestion.runs import fail_run, open_run

__all__ = ["look", "open_run"]

log = structlog.get_logger(__name__)
MAX_LOOKS = 50
TRIES = 3


def look(run: SyncRun) -> list[int]:
    """List the source and queue what differs; returns the documents that now have a job.

    A source that cannot be read ends the run as failed and changes nothing.
    """
    SyncRun.objects.filter(pk=run.pk).update(looks=F("looks") + 1)
    if run.looks >= MAX_LOOKS:
        fail_run(run, _never_ends())
        return []
    try:
        listing = listing_of(run)
    except ConnectorError as error:
        fail_run(run, error)
        return []
    return apply_listing(run, listing)


def apply_listing(run: SyncRun, listing: Listing) -> list[int]:
    """A worker may wait for a document that this waits for too; the database ends one of both, and this begins anew."""
    for attempt in range(TRIES):
        try:
            return apply(run, listing)
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected) or attempt == TRIES - 1:
                raise
            log.info("listing_applied_again", run_id=run.pk)
    return []


def _never_ends() -> ConnectorError:
    return ConnectorError(
        f"Listing the source was cut off {MAX_LOOKS} times before it ended; narrow the source, or give the worker "
        "more memory.",
        permanent=False,
    )
