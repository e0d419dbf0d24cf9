"""A source's condition in words: the most urgent thing that is true of it, and what to do."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from app.corpus.models import Source
from app.web.source_health import Tone, health_of
from ingestion.models import SyncRun
from ingestion.status import SourceStatus

NOW = timezone.now()
HOUR = timedelta(hours=1)
LATE = {"freshness_target": HOUR / 2}


def status(
    state: str | None = None, *, source: dict[str, Any] | None = None, run: dict[str, Any] | None = None, **known: Any
) -> SourceStatus:
    """A source with forty documents that was seen an hour ago, unless something else is said."""
    row = Source(**{"kind": "folder", "created_at": NOW - 9 * HOUR, "last_synced_at": NOW - HOUR, **(source or {})})
    counts = {"documents": 40, "searchable": 40, "waiting": 0, "failed": 0, "duplicates": 0}
    values: dict[str, Any] = {
        "source": row, "kind_label": "Folder", "run": SyncRun(state=state, **(run or {})) if state else None,
        "is_running": False, "progress_done": 0, "progress_total": 0, "misses_target": row.misses_freshness_target(NOW),
        "is_paused": row.state == Source.State.PAUSED, **counts, **known,
    }  # fmt: skip
    return SourceStatus(**values)


@pytest.mark.parametrize(
    ("known", "word", "tone"),
    [
        (status("succeeded"), "healthy", Tone.GOOD),
        (status("cancelled"), "healthy", Tone.GOOD),
        (status("running"), "running", Tone.BUSY),
        (status("succeeded", waiting=1), "reading 1 document", Tone.BUSY),
        (status("failed", run={"message": "No such host."}), "failing", Tone.BAD),
        (status("running", blocked_until=NOW + HOUR), "failing", Tone.BAD),
        (status("succeeded", source=LATE), "stale", Tone.WARN),
        (status("succeeded", failed=1), "1 document failing", Tone.WARN),
        (status("held", held_removals=30), "waiting for an admin", Tone.WARN),
        (status("succeeded", source={"state": "paused"}), "paused", Tone.QUIET),
        (status(documents=0, source={"last_synced_at": None}), "not read yet", Tone.QUIET),
        (status("succeeded", documents=0), "empty", Tone.QUIET),
        (status(documents=0, source={"kind": "upload"}), "empty", Tone.QUIET),
    ],
)
def test_each_condition_has_its_word(known: SourceStatus, word: str, tone: Tone) -> None:
    health = health_of(known)
    assert (health.word, health.tone) == (word, tone)


def test_what_an_admin_must_decide_comes_before_everything_else() -> None:
    known = status("held", source=LATE | {"state": "paused"}, held_removals=3, failed=2, blocked_until=NOW + HOUR)
    assert health_of(known).word == "waiting for an admin"


def test_a_paused_source_is_not_called_stale() -> None:
    assert health_of(status(source=LATE | {"state": "paused"})).word == "paused"


def test_whatever_is_wrong_comes_with_what_to_do() -> None:
    for known in (status("failed"), status("held", held_removals=2), status(source=LATE), status(failed=1)):
        assert health_of(known).advice
