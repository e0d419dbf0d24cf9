"""The documents of one source as an admin looks for them: by name, by state, by what is wrong with them."""

from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from app.corpus.models import Document, Source
from ingestion.models import SyncRun

SAMPLE = 8

STATES = {
    "searchable": ("Searchable", Q(current_version__isnull=False)),
    "waiting": ("Waiting", Q(job__isnull=False)),
    "failed": ("Failed", Q(failure__isnull=False)),
    "duplicate": ("Same content as another", Q(state=Document.State.DUPLICATE)),
    "near": ("Nearly the same as another", Q(near_duplicate_of__isnull=False)),
    "warnings": ("Read with warnings", Q(current_version__report__warnings__0__isnull=False)),
    "instructions": ("With orders to a language model", Q(current_version__report__instructions__0__isnull=False)),
    "restricted": ("With readers of its own", ~Q(access_set=F("source__access_set"))),
    "past": ("Past its review date", Q()),
}
STATE_CHOICES = [(name, label) for name, (label, _) in STATES.items()]


def documents_of(source: Source, *, query: str, state: str) -> Any:
    """Documents by title; no query per row whatever the page shows of each."""
    rows = Document.objects.filter(source=source).select_related(
        "failure", "job", "duplicate_of", "near_duplicate_of", "access_set"
    )
    if query:
        rows = rows.filter(Q(title__icontains=query) | Q(external_id__icontains=query))
    if state in STATES:
        rows = rows.filter(condition_of(state))
    return rows.order_by("title", "pk")


def condition_of(state: str) -> Q:
    return Q(valid_until__lt=timezone.localdate()) if state == "past" else STATES[state][1]


def held_sample(run: SyncRun | None) -> list[Document]:
    """Some of the documents that a held run found gone: those it did not see and does not read."""
    if run is None or run.state != SyncRun.State.HELD:
        return []
    unseen = Q(checked_at__isnull=True) | Q(checked_at__lt=run.started_at)
    rows = Document.objects.filter(unseen, source_id=run.source_id, job__isnull=True, failure__isnull=True)
    return list(rows.order_by("title", "pk")[:SAMPLE])
