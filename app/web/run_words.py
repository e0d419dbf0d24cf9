"""A run's state as a badge, and its time by stage as parts of a bar."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingestion.models import SyncRun

BADGES = {
    SyncRun.State.RUNNING: "badge-good badge-busy",
    SyncRun.State.SUCCEEDED: "badge-good",
    SyncRun.State.FAILED: "badge-bad",
    SyncRun.State.HELD: "badge-warn",
}
ORDER = ("list", "fetch", "parse", "clean", "chunk", "embed", "store")
OTHER = len(ORDER)


@dataclass(frozen=True, slots=True)
class StagePart:
    """One stage's share of the bar, in percent of its width; `tint` tells neighbours apart."""

    name: str
    words: str
    x: float
    width: float
    tint: int


def run_badge(run: SyncRun) -> str:
    return BADGES.get(SyncRun.State(run.state), "badge-quiet")


def stage_parts(stage_seconds: Mapping[str, Any]) -> list[StagePart]:
    """In the order in which a document passes them; what took no time is left out."""
    known = [(name, float(stage_seconds[name])) for name in ORDER if name in stage_seconds]
    others = [(name, float(value)) for name, value in stage_seconds.items() if name not in ORDER]
    timed = [(name, value) for name, value in (*known, *others) if value > 0]
    total, x, parts = sum(value for _, value in timed), 0.0, []
    for name, value in timed:
        width = round(100 * value / total, 2)
        parts.append(
            StagePart(name, in_seconds(value), round(x, 2), width, ORDER.index(name) if name in ORDER else OTHER)
        )
        x += width
    return parts


def in_seconds(value: float) -> str:
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 100:
        return f"{value:.1f} s"
    return f"{value / 60:.0f} min" if value < 6000 else f"{value / 3600:.1f} h"
