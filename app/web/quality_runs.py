"""What the list of evaluation runs shows: each run with what is unsafe in it, and the trend of whole runs of a kind."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from app.quality.intervals import Figure, wilson
from app.quality.models import CaseResult, EvaluationRun
from app.web.charts import Line, LineChart, Point, as_percent, line_chart
from app.web.quality_run_words import SAFETY, chosen_words, is_living, kind_label, kind_of, label_of, runs_of_kind

MOST_POINTS = 60
ALL = "all"
# Of the kind that is looked at; without one, of every kind the first alone.
TRENDS = ("passed", "right_outcome", "fact_recall", "citation_precision", "recall@8")
HINTS = {
    "passed": "Right outcome, all facts, nothing forbidden, nothing unsafe",
    "right_outcome": "Ended as it should: answered, not found, …",
    "fact_recall": "Of the facts that an answer should state",
    "citation_precision": "Of what is cited, how much is what should be",
    "recall@8": "Of the passages that carry the answer, how many were found",
}


@dataclass(frozen=True, slots=True)
class RunLine:
    """`dangers` are kinds of unsafe things with the number of cases; a case may be unsafe in two ways."""

    run: EvaluationRun
    passed: Figure | None
    chosen: str
    unsafe: int
    dangers: tuple[tuple[str, int], ...]


def run_lines(runs: Iterable[EvaluationRun]) -> list[RunLine]:
    rows = list(runs)
    unsafe = unsafe_of([row.pk for row in rows])
    return [
        RunLine(
            row, wilson(row.passed, row.cases), chosen_words(row.filters), len(unsafe[row.pk]), dangers(unsafe[row.pk])
        )
        for row in rows
    ]


def unsafe_of(runs: Sequence[int]) -> defaultdict[int, list[CaseResult]]:
    """The unsafe cases by run: few, or somebody is looking at them already."""
    found: defaultdict[int, list[CaseResult]] = defaultdict(list)
    for result in CaseResult.objects.filter(run__in=runs, is_safe=False):
        found[result.run_id].append(result)
    return found


def dangers(unsafe: Iterable[CaseResult]) -> tuple[tuple[str, int], ...]:
    counts = Counter(kind for result in unsafe for kind in SAFETY if result.details.get(kind))
    return tuple((label, counts[kind]) for kind, label in SAFETY.items() if counts[kind])


def kinds_there_are() -> list[tuple[str, str, int]]:
    """Each kind that has runs: its value, its name and how many."""
    counts = Counter(kind_of(run) for run in EvaluationRun.objects.order_by().only("mode", "filters"))
    return [(kind, kind_label(kind), counts[kind]) for kind in sorted(counts, key=_order_of)]


def _order_of(kind: str) -> tuple[int, str]:
    known = list(EvaluationRun.Mode.values)
    return (known.index(kind) if kind in known else len(known)), kind


def trends(kind: str, kinds: Sequence[tuple[str, str, int]]) -> list[LineChart]:
    """Of the chosen kind several figures; without one the share passed of each kind. Kinds are never drawn together:
    their figures mean different things. A kind without two whole runs has no trend."""
    wanted = [(kind, name) for name in TRENDS] if kind else [(each, "passed") for each, _, _ in kinds]
    whole = {each: whole_runs(each) for each in {kind for kind, _ in wanted}}
    charts = [trend(each, name, whole[each], of_several=not kind) for each, name in wanted if len(whole[each]) > 1]
    return [chart for chart in charts if not chart.is_empty]


def whole_runs(kind: str) -> list[EvaluationRun]:
    """Runs of all cases, oldest first; of the others each asks something else."""
    partly = Q(filters__has_any_keys=["tags", "half", "cases", "last", "since"])
    rows = runs_of_kind(kind).filter(~partly)
    return list(rows.order_by("-started_at", "-pk")[:MOST_POINTS])[::-1]


def run_before(run: EvaluationRun) -> EvaluationRun | None:
    """The newest older one that asked as it did."""
    rows = runs_of_kind(kind_of(run)).filter(started_at__lt=run.started_at)
    return (rows if is_living(run) else rows.filter(filters=run.filters)).first()


def trend(kind: str, name: str, runs: Sequence[EvaluationRun], *, of_several: bool) -> LineChart:
    title = f"{label_of(name)} · {kind_label(kind)}" if of_several else label_of(name)
    line = Line(label_of(name), [point(run, name) for run in runs])
    ident = f"trend-{kind}-{name}".replace("@", "-")
    return line_chart(ident, title, [line], hint=HINTS.get(name, ""), first_column="Run")


def point(run: EvaluationRun, name: str) -> Point:
    href, begun = reverse("quality_run", args=[run.pk]), timezone.localtime(run.started_at)
    label = f"{begun.day} {begun:%b}, {begun:%H:%M}"
    figure = run.figures.get(ALL, {}).get(name)
    if figure is None:
        return Point(label, None, href=href)
    value, low, high, n = (figure[part] for part in ("value", "low", "high", "n"))
    title = f"{label}: {as_percent(value)}, between {as_percent(low)} and {as_percent(high)}, {int(n):,} cases"
    return Point(label, value, low, high, href=href, title=title, n=int(n))
