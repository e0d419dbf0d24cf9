"""Which questions are answered and which are "not found", by threshold; and how often sources are said to differ."""

from collections.abc import Sequence
from pathlib import Path

from app.answers.models import Outcome
from app.answers.steps.answerability import FIRM, THRESHOLD
from evals import measure_set
from evals.answering import Heard, heard, questions
from evals.external import load
from evals.throwaway import throwaway_database
from ingestion.progress import progress_bar

TITLE = "Answered or not found"
SETS = ("squad2", "clapnq", "mtrag", "handbook")
CONFLICTING = "rgb_counterfactual"
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
MOST_ASKED = 800


def rows(data: Path) -> list[str]:
    found = {name: measured(data / name) for name in (*SETS, CONFLICTING) if (data / name).is_dir()}
    curves = [line for name in SETS if name in found for line in curve(name, found[name])]
    return [
        f"| set, questions | {' | '.join(f'{each:.1f}' for each in THRESHOLDS)} | answered, at {THRESHOLD} |",
        f"|---|{'---|' * (len(THRESHOLDS) + 1)}",
        *curves,
        "",
        "| set | questions, tuned half | sources differ | questions, reported half | sources differ |",
        "|---|---|---|---|---|",
        *(conflict_row(name, found[name]) for name in found),
        "",
        f"Between {THRESHOLD} and {FIRM} an answer is given with a caveat.",
    ]


def measured(folder: Path) -> list[Heard]:
    asked = questions(folder, most=MOST_ASKED)
    with throwaway_database():
        with progress_bar(f"Ingesting {folder.name}") as report:
            measure_set.ingest(load(folder), report)
        with progress_bar(f"Asking {folder.name}") as report:
            return list(heard(asked, report))


def curve(name: str, found: Sequence[Heard]) -> list[str]:
    """Shares of the reported half that are attempted."""
    lines = []
    for label, answerable in (("answerable", True), ("without an answer", False)):
        own = [each for each in found if each.asked.half == "report" and each.asked.answerable == answerable]
        if own:
            shares = [sum((each.confidence or 0.0) >= at for each in own) / len(own) for at in THRESHOLDS]
            answered = sum(each.outcome != Outcome.NOT_FOUND for each in own) / len(own)
            cells = " | ".join(f"{share:.2f}" for share in [*shares, answered])
            lines.append(f"| {name}, {len(own)} {label} | {cells} |")
    return lines


def conflict_row(name: str, found: Sequence[Heard]) -> str:
    """Of the set with planted contradictions only questions count for which both sides were found."""
    cells = []
    for half in ("tune", "report"):
        own = [each for each in found if each.asked.half == half and (each.saw_rivals or not each.asked.rivals)]
        said = sum(each.outcome == Outcome.CONFLICT for each in own)
        cells += [str(len(own)), f"{said / len(own):.3f}" if own else "–"]
    planted = ", both sides found" if name == CONFLICTING else ""
    return f"| {name}{planted} | {' | '.join(cells)} |"
