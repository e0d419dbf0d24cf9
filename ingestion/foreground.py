"""A whole run in this process, for the command line: the same steps as in a worker, with progress."""

import math
import time
from collections import Counter
from collections.abc import Callable
from threading import Lock

from app.corpus.models import Source
from app.corpus.terms import fold_changes, reweigh
from ingestion.breaker import unblock
from ingestion.jobs import MAX_ATTEMPTS
from ingestion.looks import look_once
from ingestion.models import SyncRun
from ingestion.pipeline import Result, ingest_document
from ingestion.runs import finish_run, open_run
from ingestion.work import work_for

Progress = Callable[[int, int], None]
POLL_S = 0.5


class RunFailed(Exception):  # noqa: N818 - the name says what happened
    """The source could not be read; the message says what to do."""


def run_source(source: Source, progress: Progress) -> tuple[SyncRun, Counter[str]]:
    """Look at the source and ingest what differs; `progress(done, total)` is called as it goes.

    Joins a run that was cut short. Documents that a worker took meanwhile are waited for.
    """
    if Source.objects.filter(pk=source.pk, state=Source.State.PAUSED).exists():
        raise RunFailed("The source is paused; resume it first.")
    unblock(source)
    run = open_run(source) or source.runs.get(state=SyncRun.State.RUNNING)
    _listed(run)
    results = _work_through(run, progress)
    fold_changes()
    reweigh()
    _read_again(run)
    return run, results


def _listed(run: SyncRun) -> None:
    """Until the source is listed, here or by a worker that was faster."""
    while (
        not look_once(run.pk)
        and SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING, listed_at=None).exists()
    ):
        time.sleep(POLL_S)
    _read_again(run)


def _read_again(run: SyncRun) -> None:
    run.refresh_from_db()
    if run.state == SyncRun.State.FAILED:
        raise RunFailed(run.message)


def _work_through(run: SyncRun, progress: Progress) -> Counter[str]:
    results: Counter[str] = Counter()
    total, lock = run.jobs.count(), Lock()

    def report(group: dict[int, Result]) -> None:
        with lock:
            results.update(group.values())
            progress(min(sum(results.values()), total), total)

    progress(0, total)
    work_for(math.inf, run=run, report=report)
    _wait_for_workers(run)
    finish_run(run)
    return results


def _wait_for_workers(run: SyncRun) -> None:
    """Until nothing of the run is being worked on elsewhere; what waits for a later try is left to workers."""
    while run.jobs.filter(started_at__isnull=False).exclude(attempts__gte=MAX_ATTEMPTS).exists():
        time.sleep(POLL_S)
        for document_id in run.jobs.filter(started_at__isnull=False).values_list("document_id", flat=True):
            ingest_document(document_id)
