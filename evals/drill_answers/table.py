"""The drill's table: a fault, what its reader saw and when, and what was recorded."""

from collections import Counter
from dataclasses import dataclass

from evals.drill_answers.asking import Seen
from evals.drill_answers.faults import Fault
from evals.drill_answers.stage import Row

WITHOUT_OUTCOME = {"left": "left", "refused": "**not taken**"}
HEAD = ("| fault | what the reader saw | first sign · first word · end | recorded |", "|---|---|---|---|")


@dataclass(frozen=True, slots=True)
class Played:
    """One fault as it went. `circuit` is the state in words, `wrong` what must not be."""

    fault: Fault
    seen: Seen
    row: Row | None
    circuit: str
    wrong: list[str]


def lines(played: list[Played]) -> list[str]:
    return [*HEAD, *(line(each) for each in played)]


def line(played: Played) -> str:
    seen = played.seen
    times = " · ".join(_seconds(each) for each in (seen.sign_s, seen.word_s, seen.end_s))
    cells = (played.fault.what, saw(seen), f"{times} s", recorded(played))
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def saw(seen: Seen) -> str:
    """The outcome, and the words beside it."""
    ended = (
        f"**{seen.outcome}**"
        if seen.outcome
        else {"left": "left", "refused": "**not taken**"}.get(seen.ended, "**told**")
    )
    extra = []
    if seen.restarts:
        extra.append("the draft was withdrawn")
    if seen.waits:
        extra.append("told to wait")
    beside = f" ({', '.join(extra)})" if extra else ""
    return f"{ended}{beside}" + (f": {seen.said}" if seen.said else "")


def recorded(played: Played) -> str:
    row = played.row
    if row is None:
        return f"nothing · {played.circuit}"
    ends = Counter(row.attempts)
    attempts = ", ".join(f"{count} × {name}" if count > 1 else name for name, count in ends.items()) or "no call"
    parts = [
        row.outcome,
        row.mode,
        attempts,
        *([f"error {row.error}"] if row.error else []),
        *row.flags,
        played.circuit,
    ]
    return " · ".join(parts)


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}" if value < 10 else f"{value:.1f}"
