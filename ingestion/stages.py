"""A stopwatch for the stages of ingestion, so that a run can say where its time went.

with measured() as seconds:       # around a group of documents
    with stage("parse"): ...      # anywhere below
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

from ingestion.models import SyncRun

_seconds: "ContextVar[Counter[str] | None]" = ContextVar("seconds_by_stage", default=None)


@contextmanager
def measured() -> "Iterator[Counter[str]]":
    """Seconds by stage of what happens within, in this thread."""
    seconds: Counter[str] = Counter()
    token = _seconds.set(seconds)
    try:
        yield seconds
    finally:
        _seconds.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """The time within belongs to the stage `name`; where nobody measures, nothing happens."""
    seconds = _seconds.get()
    began = time.monotonic()
    try:
        yield
    finally:
        if seconds is not None:
            # A Counter is typed for whole numbers and adds any.
            seconds[name] += time.monotonic() - began  # type: ignore[assignment]


@transaction.atomic
def add_to_runs(seconds: Mapping[str, float], documents_of: Mapping[int, int]) -> None:
    """Share the seconds of a group among its runs, by how many of its documents each run has."""
    total = sum(documents_of.values())
    if not total or not seconds:
        return
    for run in SyncRun.objects.select_for_update().filter(pk__in=documents_of).order_by("pk"):
        share = documents_of[run.pk] / total
        for name, spent in seconds.items():
            run.stage_seconds[name] = round(run.stage_seconds.get(name, 0.0) + spent * share, 3)
        run.save(update_fields=["stage_seconds"])
