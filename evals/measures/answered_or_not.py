"""Which questions are answered and which are "not found", by threshold; and how often sources are said to differ."""

from collections.abc import Sequence
from pathlib import Path

from app.answers.models import Outcome
from app.answers.steps.answerability import FIRM, THRESHOLD
from evals import measure_set
from evals.answering import Asked, Heard, heard, questions
from evals.external import load
from evals.throwaway import throwaway_database
from ingestion.progress import progress_bar

TITLE = "Answered or not found"
SETS = ("squad2", "clapnq", "mtrag")
CONFLICTING = "rgb_counterfactual"
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
# Of each set's reported half, spread over the whole of it.
MOST_ASKED = 160


def rows(data: Path) -> list[str]:
    found = {name: measured(data / name) for name in (*SETS, CONFLICTING) if (data / name).is_dir()}
    curves = [line for name in SETS if name in found for line in curve(name, found[name])]
    return [
        f"| set, questions | {' | '.join(f'{each:g}' for each in THRESHOLDS)} | answered, at {THRESHOLD} |",
        f"|---|{'---|' * (len(THRESHOLDS) + 1)}",
        *curves,
        "",
        "| set | questions | sources differ |",
        "|---|---|---|",
        *(conflict_row(name, found[name]) for name in found),
        "",
        f"Between {THRESHOLD} and {FIRM} an answer is given with a caveat.",
    ]


def measured(folder: Path) -> list[Heard]:
    asked = reported(folder)
    with throwaway_database():
        with progress_bar(f"Ingesting {folder.name}") as report:
            measure_set.fill(load(folder), report)
        with progress_bar(f"Asking {folder.name}") as report:
            return list(heard(asked, report))


def reported(folder: Path) -> list[Asked]:
    held = [each for each in questions(folder, most=10**6) if each.half == "report"]
    return held[:: -(-len(held) // MOST_ASKED)]


def curve(name: str, found: Sequence[Heard]) -> list[str]:
    """Shares of the questions that are attempted."""
    lines = []
    for label, answerable in (("answerable", True), ("without an answer", False)):
        own = [each for each in found if each.asked.answerable == answerable]
        if own:
            shares = [sum((each.confidence or 0.0) >= at for each in own) / len(own) for at in THRESHOLDS]
            answered = sum(each.outcome != Outcome.NOT_FOUND for each in own) / len(own)
            cells = " | ".join(f"{share:.2f}" for share in [*shares, answered])
            lines.append(f"| {name}, {len(own)} {label} | {cells} |")
    return lines


def conflict_row(name: str, found: Sequence[Heard]) -> str:
    """Of the set with planted contradictions only questions count for which both sides were found."""
    own = [each for each in found if each.saw_rivals or not each.asked.rivals]
    said = sum(each.outcome == Outcome.CONFLICT for each in own)
    planted = ", both sides found" if name == CONFLICTING else ""
    return f"| {name}{planted} | {len(own)} | {said / len(own):.3f} |" if own else f"| {name}{planted} | 0 | – |"
