"""A whole run in this process, for the command line: the same steps as in a worker, with progress."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from app.corpus.models import Source
from app.corpus.terms import fold_changes, reweigh
from ingestion.jobs import MAX_ATTEMPTS, finish_run
from ingestion.models import SyncRun
from ingestion.pipeline import Result, ingest_document, ingest_documents
from ingestion.sync import look, open_run

Progress = Callable[[int, int], None]
POLL_S = 0.5
# Documents embedded together: enough to fill batches, few enough for the progress to move.
GROUP = 12
LANES = 2


class RunFailed(Exception):  # noqa: N818 - the name says what happened
    """The source could not be read; the message says what to do."""


def run_source(source: Source, progress: Progress) -> tuple[SyncRun, Counter[str]]:
    """Look at the source and ingest what differs; `progress(done, total)` is called as it goes.

    Joins a run that was cut short. Documents that a worker took meanwhile are waited for.
    """
    run = open_run(source) or source.runs.get(state=SyncRun.State.RUNNING)
    look(run)
    run.refresh_from_db()
    if run.state == SyncRun.State.FAILED:
        raise RunFailed(run.message)
    results = _work_through(run, progress)
    fold_changes()
    reweigh()
    run.refresh_from_db()
    return run, results


def _work_through(run: SyncRun, progress: Progress) -> Counter[str]:
    results: Counter[str] = Counter()
    waiting = list(run.jobs.order_by("pk").values_list("document_id", flat=True))
    suspects = set(run.jobs.filter(lost_workers__gt=0).values_list("document_id", flat=True))
    progress(0, len(waiting))
    for group in _ingested(list(_groups(waiting, suspects))):
        results.update(group.values())
        progress(sum(results.values()), len(waiting))
    _wait_for_workers(run)
    finish_run(run)
    return results


def _ingested(groups: list[list[int]]) -> Iterator[dict[int, Result]]:
    """The results of each group. Two are under way at once: one is read and stored while the other is embedded."""
    if connection.in_atomic_block:
        # Other connections would not see what this transaction has not committed.
        yield from map(ingest_documents, groups)
        return
    with ThreadPoolExecutor(LANES, thread_name_prefix="ingest") as pool:
        lanes = [pool.submit(_in_lane, group) for group in groups]
        try:
            for lane in lanes:
                yield lane.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _in_lane(group: list[int]) -> dict[int, Result]:
    try:
        return ingest_documents(group)
    finally:
        connection.close()


def _groups(waiting: list[int], suspects: set[int]) -> Iterator[list[int]]:
    """Documents to ingest together. What was at hand when a worker was lost goes alone, to find the one at fault."""
    innocent = [each for each in waiting if each not in suspects]
    for begin in range(0, len(innocent), GROUP):
        yield innocent[begin : begin + GROUP]
    for suspect in waiting:
        if suspect in suspects:
            yield [suspect]


def _wait_for_workers(run: SyncRun) -> None:
    """Until nothing of the run is being worked on elsewhere; what waits for a later try is left to workers."""
    while run.jobs.filter(started_at__isnull=False).exclude(attempts__gte=MAX_ATTEMPTS).exists():
        time.sleep(POLL_S)
        for document_id in run.jobs.filter(started_at__isnull=False).values_list("document_id", flat=True):
            ingest_document(document_id)
