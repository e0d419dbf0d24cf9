"""How a source is doing in a word, what that means, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

from app.corpus.models import Source
from ingestion.models import SyncRun
from ingestion.status import SourceStatus


class Tone(StrEnum):
    GOOD = "good"
    BUSY = "busy"
    QUIET = "quiet"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Health:
    """`meaning` says what answers rest on meanwhile; `advice` is empty where nothing need be done."""

    word: str
    tone: Tone
    meaning: str = ""
    advice: str = ""

    @property
    def is_trouble(self) -> bool:
        return self.tone in (Tone.WARN, Tone.BAD)


def health_of(status: SourceStatus) -> Health:
    """The most urgent thing that is true of the source."""
    return needs_a_word(status) or at_work(status) or in_trouble(status) or settled(status)


def needs_a_word(status: SourceStatus) -> Health | None:
    if status.held_removals:
        return held(status.held_removals)
    return paused(status.waiting) if status.is_paused else None


def at_work(status: SourceStatus) -> Health | None:
    """Nothing is read while the source is left alone after failures, whatever waits."""
    if status.blocked_until is not None:
        return failing(
            status.blocked_message, "Correct the cause and run it now; otherwise it is tried again by itself."
        )
    if status.run is not None and status.run.state == SyncRun.State.RUNNING:
        return Health("running", Tone.BUSY, "Answers come from what is indexed until each document is ready.")
    if status.waiting:
        return Health(f"reading {status.waiting:,} document{'' if status.waiting == 1 else 's'}", Tone.BUSY)
    return None


def in_trouble(status: SourceStatus) -> Health | None:
    if status.run is not None and status.run.state == SyncRun.State.FAILED:
        return failing(status.run.message, "What was indexed before still answers. Correct the cause, then run it now.")
    if status.misses_target:
        return stale(status.source)
    return some_failed(status.failed) if status.failed else None


def held(removals: int) -> Health:
    return Health(
        "waiting for an admin", Tone.WARN,
        f"The last run found {removals:,} documents gone at the source, more than this source may lose at once. "
        "Nothing was removed; they still answer.",
        "Approve the removal if they are really gone, or refuse it and check the source.",
    )  # fmt: skip


def paused(waiting: int) -> Health:
    left = f" {waiting:,} documents wait to be read." if waiting else ""
    return Health(
        "paused", Tone.QUIET, f"No run starts by itself; answers come from what is indexed.{left}",
        "Resume it when it should be kept true again.",
    )  # fmt: skip


def failing(message: str, advice: str) -> Health:
    return Health("failing", Tone.BAD, message or "The last run failed.", advice)


def stale(source: Source) -> Health:
    seen = "was never looked at completely" if source.last_synced_at is None else "was not looked at in time"
    return Health(
        "stale", Tone.WARN, f"It {seen}; answers that cite it say so.",
        "Run it now; if this happens again, look at it more often or promise less.",
    )  # fmt: skip


def some_failed(failed: int) -> Health:
    noun = "document" if failed == 1 else "documents"
    return Health(
        f"{failed:,} {noun} failing", Tone.WARN,
        "The rest is up to date. A failed new version leaves the old one answering.",
        "See the failures for the reason of each.",
    )  # fmt: skip


def settled(status: SourceStatus) -> Health:
    run = status.run
    if status.documents:
        cancelled = run is not None and run.state == SyncRun.State.CANCELLED
        return Health(
            "healthy", Tone.GOOD, "The last run was cancelled; what it had read is kept." if cancelled else ""
        )
    if status.source.kind == Source.Kind.UPLOAD:
        return Health("empty", Tone.QUIET, "", "Drop files below; each is searchable within seconds.")
    if run is None:
        return Health("not read yet", Tone.QUIET, "", "Run it now to read its documents.")
    return Health("empty", Tone.QUIET, "The last run found no document.", "Check the settings: what is to be found?")
