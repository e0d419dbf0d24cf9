"""A whole run in this process, for the command line: the same steps as in a worker, with progress."""

import time
from collections import Counter
from collections.abc import Callable

from app.corpus.models import Source
from app.corpus.terms import fold_changes, reweigh
from ingestion.jobs import MAX_ATTEMPTS, finish_run
from ingestion.models import SyncRun
from ingestion.pipeline import ingest_document, ingest_documents
from ingestion.sync import look, open_run

Progress = Callable[[int, int], None]
POLL_S = 0.5
# Documents embedded together: enough to fill batches, few enough for the progress to move.
GROUP = 12


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
    for begin in range(0, len(waiting), GROUP):
        progress(begin, len(waiting))
        results.update(ingest_documents(waiting[begin : begin + GROUP]).values())
    progress(len(waiting), len(waiting))
    _wait_for_workers(run)
    finish_run(run)
    return results


def _wait_for_workers(run: SyncRun) -> None:
    """Until nothing of the run is being worked on elsewhere; what waits for a later try is left to workers."""
    while run.jobs.filter(started_at__isnull=False).exclude(attempts__gte=MAX_ATTEMPTS).exists():
        time.sleep(POLL_S)
        for document_id in run.jobs.filter(started_at__isnull=False).values_list("document_id", flat=True):
            ingest_document(document_id)
