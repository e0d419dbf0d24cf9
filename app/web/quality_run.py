"""What the page of one evaluation run shows: figures by kind of case, outcomes, times and costs, and its cases."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet
from django.http import QueryDict

from app.answers.events import STEP_LABELS
from app.quality.models import CaseResult, EvaluationRun
from app.web.quality_run_words import FIGURES, OUTCOMES, label_of, outcome_label
from app.web.quality_runs import ALL

LONGEST_SEARCH = 200
# What may be asked for of cases, and what it means in the database.
STATES: Mapping[str, Mapping[str, Any]] = {
    "passed": {"passed": True}, "failed": {"passed": False}, "unsafe": {"is_safe": False},
    "wrong": {"figures__right_outcome": 0},
}  # fmt: skip
TOTAL = "total"


@dataclass(frozen=True, slots=True)
class FigureCell:
    """A mean with its interval; `n` only where it is of fewer cases than its row."""

    value: float
    low: float
    high: float
    n: int | None


@dataclass(frozen=True, slots=True)
class FigureRow:
    """`tag` is empty for all cases."""

    tag: str
    cases: int
    cells: tuple[FigureCell | None, ...]


def figure_names(run: EvaluationRun) -> list[str]:
    """Those that the run has for any kind, in the order in which they are read; unknown ones last."""
    there = {name for figures in run.figures.values() for name, figure in figures.items() if figure}
    return [name for name in FIGURES if name in there] + sorted(there - FIGURES.keys())


def figure_rows(run: EvaluationRun) -> list[FigureRow]:
    names = figure_names(run)
    tags = [ALL, *sorted(run.figures.keys() - {ALL})]
    return [_row(tag, run.figures[tag], names) for tag in tags if tag in run.figures]


def figure_labels(run: EvaluationRun) -> list[str]:
    return [label_of(name) for name in figure_names(run)]


def _row(tag: str, figures: Mapping[str, Any], names: Sequence[str]) -> FigureRow:
    size = max((int(figure["n"]) for figure in figures.values() if figure), default=0)
    return FigureRow("" if tag == ALL else tag, size, tuple(_cell(figures.get(name), size) for name in names))


def _cell(figure: Mapping[str, float] | None, size: int) -> FigureCell | None:
    if not figure:
        return None
    n = int(figure["n"])
    return FigureCell(figure["value"], figure["low"], figure["high"], n if n != size else None)


@dataclass(frozen=True, slots=True)
class Count:
    got: str
    label: str
    cases: int
    is_right: bool


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    expected: str
    label: str
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class StepTimes:
    """Milliseconds, over the cases that took the step."""

    step: str
    p50: float
    p90: float
    p95: float
    p99: float
    n: int


@dataclass(frozen=True, slots=True)
class Spent:
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    per_passed: Decimal | None


@dataclass(frozen=True, slots=True)
class RunSums:
    """What is added up over all cases of a run."""

    outcomes: tuple[OutcomeRow, ...]
    times: tuple[StepTimes, ...]
    spent: Spent


def run_sums(run: EvaluationRun) -> RunSums:
    rows = list(
        run.results.values_list(
            "expected", "outcome", "figures__right_outcome", "details__steps", "details__prompt_tokens",
            "details__completion_tokens", "details__cost_usd",
        )
    )  # fmt: skip
    return RunSums(
        outcomes=confusion([(expected, got, bool(is_right)) for expected, got, is_right, *_ in rows]),
        times=step_times([steps for row in rows if (steps := row[3])]),
        spent=spent([row[4:] for row in rows], run.passed),
    )


def confusion(ends: Sequence[tuple[str, str, bool]]) -> tuple[OutcomeRow, ...]:
    """Expected against got. An outcome that is accepted as well counts as the expected one: the diagonal is right."""
    counts = Counter((expected, expected if is_right else got) for expected, got, is_right in ends)
    seen = {outcome for pair in counts for outcome in pair}
    labels = [each for each in OUTCOMES if each in seen] + sorted(seen.difference(OUTCOMES))
    return tuple(
        OutcomeRow(
            expected, outcome_label(expected),
            tuple(Count(got, outcome_label(got), counts[expected, got], expected == got) for got in labels),
        )
        for expected in labels if any(counts[expected, got] for got in labels)
    )  # fmt: skip


def step_times(steps: Sequence[Mapping[str, float]]) -> tuple[StepTimes, ...]:
    """In the order in which an answer takes them; the total of each case last."""
    names = in_order(name for each in steps for name in each)
    times = {name: [each[name] for each in steps if name in each] for name in names}
    if steps:
        times[TOTAL] = [sum(each.values()) for each in steps]
    return tuple(_times(name, known) for name, known in times.items())


def _times(step: str, known: Sequence[float]) -> StepTimes:
    p50, p90, p95, p99 = (float(value) for value in np.percentile(known, (50, 90, 95, 99)))
    return StepTimes(step, p50, p90, p95, p99, len(known))


def in_order(names: Iterable[str]) -> list[str]:
    """Steps as an answer takes them; the database does not keep their order."""
    there = set(names)
    return [name for name in STEP_LABELS if name in there] + sorted(there - set(STEP_LABELS))


def spent(rows: Sequence[Sequence[Any]], passed: int) -> Spent:
    cost = sum((Decimal(str(usd or 0)) for _, _, usd in rows), Decimal(0))
    return Spent(
        prompt_tokens=sum(read or 0 for read, _, _ in rows),
        completion_tokens=sum(written or 0 for _, written, _ in rows),
        cost_usd=cost,
        per_passed=cost / passed if passed else None,
    )


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases of a run are asked for; empty for all. What makes no sense is left out."""

    state: str = ""
    tag: str = ""
    expected: str = ""
    outcome: str = ""
    q: str = ""

    def __bool__(self) -> bool:
        return any((self.state, self.tag, self.expected, self.outcome, self.q))

    def of(self, results: QuerySet[CaseResult], *, with_texts: bool) -> QuerySet[CaseResult]:
        """Questions are searched only where they may be shown: else a search would tell of them."""
        if self.state:
            results = results.filter(**STATES[self.state])
        results = results.filter(tags__contains=[self.tag]) if self.tag else results
        results = results.filter(expected=self.expected) if self.expected else results
        results = results.filter(outcome=self.outcome) if self.outcome else results
        if self.q:
            words = Q(case__icontains=self.q)
            results = results.filter(words | Q(details__question__icontains=self.q) if with_texts else words)
        return results


def case_filter(query: QueryDict, tags: Sequence[str], expected: Sequence[str], outcomes: Sequence[str]) -> CaseFilter:
    def one_of(name: str, known: Sequence[str]) -> str:
        return value if (value := query.get(name, "")) in known else ""

    return CaseFilter(
        state=one_of("state", tuple(STATES)), tag=one_of("tag", tags), expected=one_of("expected", expected),
        outcome=one_of("outcome", outcomes), q=query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
    )  # fmt: skip
