"""Looking at sources beside the documents: a site that takes an hour to list keeps nobody waiting.

A look runs in a thread of its worker that goes on between one message and the next. It holds a session
lock on its run; when the process ends, the lock ends, and the next message begins the look again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Thread

import structlog
from django.db import InterfaceError, OperationalError, connection

from app.telemetry.places import places_of
from ingestion.models import SyncRun
from ingestion.runs import unlisted_runs
from ingestion.sync import look
from ingestion.waking import wake

log = structlog.get_logger(__name__)
LOOK_LOCK = 7_206
AT_ONCE = 3

_under_way: dict[int, Thread] = {}


def begin_looks() -> None:
    """Begin what is not under way in this process; what another process holds is left to it."""
    for run in unlisted_runs():
        for finished in [key for key, thread in _under_way.items() if not thread.is_alive()]:
            del _under_way[finished]
        if len(_under_way) >= AT_ONCE:
            return
        if run.pk not in _under_way:
            thread = Thread(target=copy_context().run, args=(_look_in_thread, run.pk), name="look", daemon=True)
            _under_way[run.pk] = thread
            thread.start()


def _look_in_thread(run_id: int) -> None:
    try:
        if look_once(run_id):
            wake()
    except (OperationalError, InterfaceError) as error:
        # The database has gone; the run is found again when it is back.
        log.warning("look_cut_off", run_id=run_id, error=type(error).__name__)
    except Exception as error:  # noqa: BLE001 - a thread or a group must not end for one
        log.error("look_ended_unexpectedly", run_id=run_id, error=type(error).__name__, places=places_of(error))
    finally:
        connection.close()


def look_once(run_id: int) -> bool:
    """Look at the run's source unless that is done, or another process is at it; say whether it was done here."""
    with _held(run_id) as mine:
        run = SyncRun.objects.select_related("source").filter(
            pk=run_id, state=SyncRun.State.RUNNING, listed_at=None
        ).first() if mine else None  # fmt: skip
        if run is not None:
            look(run)
        return run is not None


@contextmanager
def _held(run_id: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOOK_LOCK, run_id])
        ((mine,),) = cursor.fetchall()
    try:
        yield bool(mine)
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOOK_LOCK, run_id])
