"""What was used between two days, by day, person, group, model and step, as tables for people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from app.usage.days import Kind, Span, Sums, sums_by_day, sums_by_key
from app.usage.models import UsageRecord

MOST_ROWS = 25
NOBODY = "Documents, command line and evaluation"
NO_GROUP = "In no group"
STEPS = {
    "answer": "Writing answers",
    "rewrite": "Understanding follow-ups",
    "summarise": "Summarising conversations",
    "judge": "Checking answers",
    UsageRecord.EMBEDDING: "Embedding documents and questions",
    UsageRecord.RERANKING: "Reranking results",
    UsageRecord.REUSE: "Giving answers again",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table. `share` is its part of the largest line, in percent, of cost or else of tokens."""

    name: str
    sums: Sums
    share: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    lines: tuple[Line, ...]
    more: int = 0


def totals(days: Table) -> Sums:
    return sum((line.sums for line in days.lines), Sums())


def by_day(span: Span, *, user_id: int | None = None) -> Table:
    """A line for every day of the span, also those without use."""
    found = sums_by_day(span, user_id=user_id)
    return _table([(day.isoformat(), found.get(day, Sums())) for day in span.days], most=None)


def by_person(span: Span) -> Table:
    rows = _largest(sums_by_key(span, Kind.PERSON))
    people = dict(get_user_model().objects.filter(pk__in=_ids(rows)).values_list("pk", "email"))
    return _table([(_named(people, key, NOBODY), sums) for key, sums in rows])


def by_group(span: Span) -> Table:
    """Whoever is in two groups counts in both, so the lines can add up to more than there was."""
    rows = _largest(sums_by_key(span, Kind.GROUP))
    names = dict(Group.objects.filter(pk__in=_ids(rows)).values_list("pk", "name"))
    return _table([(_named(names, key, NO_GROUP), sums) for key, sums in rows])


def by_model(span: Span) -> tuple[Table, list[str]]:
    """The table, and the models that were used and whose price nobody had said."""
    rows = _largest(sums_by_key(span, Kind.MODEL))
    return _table([(key or "unnamed", sums) for key, sums in rows]), sorted(key for key, sums in rows if sums.unpriced)


def by_step(span: Span) -> Table:
    return _table([(STEPS.get(key, key), sums) for key, sums in _largest(sums_by_key(span, Kind.STEP))])


Rows = list[tuple[str, Sums]]


def _largest(found: dict[str, Sums]) -> Rows:
    """The dearest first; where nothing cost anything, those with the most tokens."""
    return sorted(found.items(), key=lambda row: (-row[1].cost_usd, -row[1].tokens, row[0]))


def _ids(rows: Iterable[tuple[str, Sums]]) -> list[int]:
    return [int(key) for key, _ in list(rows)[:MOST_ROWS] if key]


def _named(names: dict[int, str], key: str, otherwise: str) -> str:
    return names.get(int(key), f"removed ({key})") if key else otherwise


def _table(lines: Sequence[tuple[str, Sums]], most: int | None = MOST_ROWS) -> Table:
    has_cost = any(sums.cost_usd for _, sums in lines)
    sizes = [float(sums.cost_usd) if has_cost else float(sums.tokens) for _, sums in lines]
    largest = max(sizes, default=0.0) or 1.0
    shown = [Line(name, sums, round(100 * size / largest)) for (name, sums), size in zip(lines, sizes, strict=True)]
    return Table(tuple(shown[:most]), max(0, len(shown) - most) if most else 0)
