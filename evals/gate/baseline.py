"""The accepted figures, in `evals/baseline.json`: for each mode every case's end, and who accepted it when and why.

A case that reads otherwise than when the baseline was accepted is a new case: its digest differs.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evals.cases.case import Case
from evals.runner.files import Run
from evals.runner.scoring import SAFETY, Result
from evals.runner.summary import table

BASELINE = Path(__file__).parent.parent / "baseline.json"
# The order in which a case's figures stand in its line.
FIGURES = (
    "right_outcome", "fact_recall", "citation_precision", "citation_recall", "recall@8", "ndcg@8", "supported",
    "keyword_scores",
)  # fmt: skip
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Accepted:
    """How one case ended when the baseline was accepted."""

    digest: str
    passed: bool
    outcome: str
    figures: tuple[float | None, ...]

    def figure(self, name: str) -> float | None:
        return float(self.passed) if name == "passed" else self.figures[FIGURES.index(name)]


@dataclass(slots=True)
class Baseline:
    """`tolerated` names, by mode and kind of danger, the cases that may be unsafe, each with the reason why."""

    history: list[dict[str, Any]] = field(default_factory=list)
    tolerated: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    made_of: dict[str, dict[str, str]] = field(default_factory=dict)
    cases: dict[str, dict[str, Accepted]] = field(default_factory=dict)

    def tolerates(self, mode: str, kind: str, case: str) -> bool:
        return case in self.tolerated.get(mode, {}).get(kind, {})


def read_baseline(path: Path = BASELINE) -> Baseline:
    """Empty where there is no file yet."""
    if not path.exists():
        return Baseline()
    data = json.loads(path.read_text(encoding="utf-8"))
    modes = data["modes"]
    return Baseline(
        data["history"],
        data["tolerated"],
        {mode: found["made_of"] for mode, found in modes.items()},
        {mode: {case: _accepted(line) for case, line in found["cases"].items()} for mode, found in modes.items()},
    )


def write_baseline(baseline: Baseline, path: Path = BASELINE) -> None:
    """A line for each case, so that a change of the file can be read."""
    modes = {
        mode: {"made_of": baseline.made_of[mode], "cases": {case: _line(each) for case, each in sorted(cases.items())}}
        for mode, cases in sorted(baseline.cases.items())
    }
    whole = {
        "history": baseline.history, "tolerated": baseline.tolerated,
        "figures": ["digest", "passed", "outcome", *FIGURES],
        "modes": modes,
    }  # fmt: skip
    path.write_text(_readable(whole) + "\n", encoding="utf-8")


def accept(
    baseline: Baseline, run: Run, results: Sequence[Result], cases: Mapping[str, Case], entry: Mapping[str, Any]
) -> None:
    """Take a run's ends for the accepted ones of its mode, and note who did, when and why."""
    baseline.made_of[run.mode] = dict(run.made_of)
    baseline.cases[run.mode] = {result.case: accepted(result, cases[result.case]) for result in results}
    baseline.history.append({**entry, "mode": run.mode, "run": run.name, **figures_now(results)})


def accepted(result: Result, case: Case) -> Accepted:
    figures = (result.figures.get(name) for name in FIGURES)
    return Accepted(
        digest_of(case), result.passed, result.outcome,
        tuple(None if value is None else round(value, DIGITS) for value in figures),
    )  # fmt: skip


def digest_of(case: Case) -> str:
    """Of what is asked and what is right; who reviewed it does not matter."""
    said = {name: value for name, value in asdict(case).items() if name not in ("author", "reviewed", "reference")}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:8]


def figures_now(results: Sequence[Result]) -> dict[str, Any]:
    """For the history: the figures over all cases, and how many are unsafe."""
    figures = table(results)["all"]
    return {
        "cases": len(results),
        "figures": {name: round(figure.value, DIGITS) for name, figure in figures.items() if figure is not None},
        "unsafe": {kind: sum(bool(getattr(result, kind)) for result in results) for kind in SAFETY},
    }


def _accepted(line: Sequence[Any]) -> Accepted:
    digest, passed, outcome, *figures = line
    return Accepted(digest, bool(passed), outcome, tuple(figures))


def _line(each: Accepted) -> list[Any]:
    return [each.digest, int(each.passed), each.outcome, *each.figures]


def _readable(value: Any, depth: int = 0) -> str:
    """JSON with objects over several lines and lists of plain values on one."""
    margin = "  " * (depth + 1)
    if isinstance(value, dict) and value:
        rows = (
            f"{margin}{json.dumps(key, ensure_ascii=False)}: {_readable(each, depth + 1)}"
            for key, each in value.items()
        )
        return _block("{", rows, "}", depth)
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return _block("[", (margin + _readable(each, depth + 1) for each in value), "]", depth)
    return json.dumps(value, ensure_ascii=False)


def _block(opening: str, rows: Iterable[str], closing: str, depth: int) -> str:
    inside = ",\n".join(rows)
    return f"{opening}\n{inside}\n{'  ' * depth}{closing}"
