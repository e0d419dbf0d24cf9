"""What was used between two days, added up by day, person, group, model and step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Count, F, Func, IntegerField, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from app.usage.models import UsageRecord

MOST_ROWS = 25
NOBODY = "Command line and evaluation"
NO_GROUP = "In no group"
STEPS = {
    "answer": "Writing answers",
    "rewrite": "Understanding follow-ups",
    "summarise": "Summarising conversations",
    "judge": "Checking answers",
    UsageRecord.REUSE: "Giving answers again",
}
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """`answers` are those that a model worked for, `calls` the calls of models, `reused` the answers given again."""

    answers: int = 0
    calls: int = 0
    estimated: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = ZERO
    reused: int = 0
    saved_usd: Decimal = ZERO

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


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


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days in the product's time zone, the last one included."""

    first: date
    last: date

    def records(self) -> QuerySet[UsageRecord]:
        begin, end = midnight(self.first), midnight(self.last + timedelta(days=1))
        return UsageRecord.objects.filter(at__gte=begin, at__lt=end)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


MODEL_CALL = ~Q(step=UsageRecord.REUSE)
SUMS: dict[str, Any] = {
    "answers": Count("answer_id", distinct=True, filter=MODEL_CALL),
    "calls": Count("pk", filter=MODEL_CALL),
    "estimated": Count("pk", filter=Q(estimated=True)),
    "prompt_tokens_sum": Sum("prompt_tokens", default=0),
    "completion_tokens_sum": Sum("completion_tokens", default=0),
    "cost_usd_sum": Sum("cost_usd", default=ZERO),
    "reused": Count("pk", filter=Q(step=UsageRecord.REUSE)),
    "saved_usd_sum": Sum("saved_usd", default=ZERO),
}


def totals(records: QuerySet[UsageRecord]) -> Sums:
    return _sums(records.aggregate(**SUMS))


def by_day(span: Span, records: QuerySet[UsageRecord]) -> Table:
    """A line for every day of the span, also those without use."""
    found = {row["day"]: _sums(row) for row in records.annotate(day=TruncDate("at")).values("day").annotate(**SUMS)}
    return _table([(day.isoformat(), found.get(day, Sums())) for day in span.days], most=None)


def by_person(records: QuerySet[UsageRecord]) -> Table:
    rows = _largest(records.values("user_id").annotate(**SUMS))
    people = dict(get_user_model().objects.filter(pk__in=_keys(rows, "user_id")).values_list("pk", "email"))
    return _table([(_named(people, row["user_id"], NOBODY), _sums(row)) for row in rows])


def by_group(records: QuerySet[UsageRecord]) -> Table:
    """Whoever is in two groups counts in both, so the lines can add up to more than there was."""
    each = Func(F("group_ids"), function="unnest", output_field=IntegerField())
    rows = _largest(records.annotate(group=each).values("group").annotate(**SUMS))
    names = dict(Group.objects.filter(pk__in=_keys(rows, "group")).values_list("pk", "name"))
    lines = [(_named(names, row["group"], NO_GROUP), _sums(row)) for row in rows]
    alone = totals(records.filter(group_ids=[]))
    return _table(_sorted([*lines, (NO_GROUP, alone)] if alone != Sums() else lines))


def by_model(records: QuerySet[UsageRecord]) -> Table:
    rows = _largest(records.filter(MODEL_CALL).values("model").annotate(**SUMS))
    return _table([(row["model"] or "unnamed", _sums(row)) for row in rows])


def by_step(records: QuerySet[UsageRecord]) -> Table:
    rows = _largest(records.values("step").annotate(**SUMS))
    return _table([(STEPS.get(row["step"], row["step"]), _sums(row)) for row in rows])


def without_price(records: QuerySet[UsageRecord]) -> list[str]:
    """The models that were used and whose price nobody has said."""
    used = records.filter(MODEL_CALL, price__isnull=True).order_by("model")
    return list(used.values_list("model", flat=True).distinct())


def _largest(rows: Any) -> list[dict[str, Any]]:
    return list(rows.order_by("-cost_usd_sum", "-prompt_tokens_sum", "-completion_tokens_sum"))


def _sorted(lines: list[tuple[str, Sums]]) -> list[tuple[str, Sums]]:
    return sorted(lines, key=lambda line: (line[1].cost_usd, line[1].tokens), reverse=True)


def _keys(rows: Sequence[dict[str, Any]], name: str) -> list[int]:
    return [row[name] for row in rows[:MOST_ROWS] if row[name] is not None]


def _named(names: dict[int, str], key: int | None, otherwise: str) -> str:
    return otherwise if key is None else names.get(key, f"removed ({key})")


def _sums(row: Any) -> Sums:
    counted = {name: row[name] for name in ("answers", "calls", "estimated", "reused")}
    added = {name: row[f"{name}_sum"] for name in ("prompt_tokens", "completion_tokens", "cost_usd", "saved_usd")}
    return Sums(**counted, **added)


def _table(lines: Sequence[tuple[str, Sums]], most: int | None = MOST_ROWS) -> Table:
    has_cost = any(sums.cost_usd for _, sums in lines)
    sizes = [float(sums.cost_usd) if has_cost else float(sums.tokens) for _, sums in lines]
    largest = max(sizes, default=0.0) or 1.0
    shown = [Line(name, sums, round(100 * size / largest)) for (name, sums), size in zip(lines, sizes, strict=True)]
    return Table(tuple(shown[:most]), max(0, len(shown) - most) if most else 0)
