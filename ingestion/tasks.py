"""Celery's door to ingestion. A message only wakes a worker; what there is to do stands in the database."""

from celery import shared_task
from django.conf import settings

from app.corpus.terms import fold_changes, reweigh
from ingestion import readers
from ingestion.looks import begin_looks
from ingestion.reindex import begin_due_reindexes
from ingestion.runs import finish_quiet_runs, open_due_runs, unlisted_runs
from ingestion.sweep import sweep_originals
from ingestion.turns import work_is_due
from ingestion.waking import message_arrived, wake
from ingestion.work import work_for

# A message that nobody took for so long tells nothing that beat does not tell.
MESSAGE_EXPIRES_S = 600


@shared_task(expires=MESSAGE_EXPIRES_S)
def work() -> None:
    """Look at sources and ingest documents for a while; then let other tasks and a shutdown in, and go on."""
    message_arrived()
    begin_looks()
    if work_is_due():
        # Another worker that has nothing to do may help; if there is none, this one takes the message next.
        wake()
        work_for(settings.ATTEST_WORK_SECONDS)
        if work_is_due():
            wake()


@shared_task
def wake_waiting_jobs() -> None:
    """Find what a lost broker, worker or message left behind."""
    finish_quiet_runs()
    if unlisted_runs() or work_is_due():
        wake()


@shared_task
def sync_due_sources() -> None:
    if open_due_runs():
        wake()


@shared_task
def reindex_due_sources() -> None:
    begin_due_reindexes()


@shared_task
def refresh_restrictions() -> None:
    readers.refresh_restrictions()


@shared_task
def sweep_files() -> None:
    sweep_originals()


@shared_task
def fold_term_changes() -> None:
    fold_changes()
    reweigh()
