"""What was used, added up for each day, so that a page over months reads few rows.

A day is added up from its records in one transaction, in the place of what was there: doing it twice, or in two
processes, changes nothing. Today is added up anew every now and then. What is not added up yet is taken from its
records whenever it is looked at, so what a page shows is never behind.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import CharField, Count, F, Func, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.utils import timezone

from app.usage.models import UsageDay, UsageRecord

log = structlog.get_logger(__name__)
Kind = UsageDay.Kind
# What happens at midnight is written down a moment later.
SETTLED_AFTER = timedelta(minutes=10)
MOST_DAYS_AT_ONCE = 400
# An advisory lock of PostgreSQL: days are added up by one process at a time.
LOCK = 7_305_112
ZERO = Decimal(0)
MODEL_CALL = ~Q(step=UsageRecord.REUSE)
# Searching for a quoted answer may use an encoder; that does not make it an answer by a model.
BY_A_LANGUAGE_MODEL = ~Q(step__in=[UsageRecord.REUSE, UsageRecord.EMBEDDING, UsageRecord.RERANKING])
# Sums by the names that they have in `UsageDay` and in `Sums`, from records and from days.
OF_RECORDS: dict[str, Any] = {
    "answers": Count("answer_id", distinct=True, filter=BY_A_LANGUAGE_MODEL),
    "calls": Count("pk", filter=MODEL_CALL),
    "estimated": Count("pk", filter=Q(estimated=True)),
    "unpriced": Count("pk", filter=MODEL_CALL & Q(price__isnull=True)),
    "prompt_tokens": Sum("prompt_tokens", default=0),
    "completion_tokens": Sum("completion_tokens", default=0),
    "cost_usd": Sum("cost_usd", default=ZERO),
    "reused": Count("pk", filter=Q(step=UsageRecord.REUSE)),
    "saved_usd": Sum("saved_usd", default=ZERO),
}
SUM = "sum_of_"
RECORD_SUMS = {f"{SUM}{name}": how for name, how in OF_RECORDS.items()}
DAY_SUMS: dict[str, Any] = {f"{SUM}{name}": Sum(name) for name in OF_RECORDS}


@dataclass(frozen=True, slots=True)
class Sums:
    """`answers` are those that a language model worked for, `calls` those of any model, `reused` answers given again.

    `unpriced`: calls of a model whose price nobody had said. An answer made over midnight counts on both days, and one
    that was being made when today was added up counts twice until today is over.
    """

    answers: int = 0
    calls: int = 0
    estimated: int = 0
    unpriced: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = ZERO
    reused: int = 0
    saved_usd: Decimal = ZERO

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days in the product's time zone, the last one included."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def records(self) -> QuerySet[UsageRecord]:
        begin, end = midnight(self.first), midnight(self.last + timedelta(days=1))
        return UsageRecord.objects.filter(at__gte=begin, at__lt=end)


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def sums_by_day(span: Span, *, user_id: int | None = None) -> dict[date, Sums]:
    """What everybody used, or one person, on the days on which there was any use."""
    done, found = added_up(span), defaultdict[date, Sums](Sums)
    rows = UsageDay.objects.filter(kind=Kind.ALL, day__in=done)
    if user_id is not None:
        rows = UsageDay.objects.filter(kind=Kind.PERSON, key=str(user_id), day__in=done)
    for row in stored(rows, "day"):
        found[row["day"]] += sums_in(row)
    for records in not_added_up(span, done):
        own = records if user_id is None else records.filter(user_id=user_id)
        for row in grouped(own, "day"):
            found[row["day"]] += sums_in(row)
    return dict(found)


def sums_by_key(span: Span, kind: Kind) -> dict[str, Sums]:
    """What was used in all these days for each person, group, model or step; "" stands for nobody, and for no group."""
    done, found = added_up(span), defaultdict[str, Sums](Sums)
    for row in stored(UsageDay.objects.filter(kind=kind, day__in=done), "key"):
        found[row["key"]] += sums_in(row)
    for records in not_added_up(span, done):
        for part in keyed(records, kind):
            for row in grouped(part, "key"):
                found[row["key"]] += sums_in(row)
    return dict(found)


def sums_by_key_and_day(span: Span, kind: Kind) -> dict[str, dict[date, Sums]]:
    """As `sums_by_key`, day by day."""
    done, found = added_up(span), defaultdict[str, dict[date, Sums]](dict)
    days = UsageDay.objects.filter(kind=kind, day__in=done)
    rows = list(stored(days, "key", "day"))
    for records in not_added_up(span, done):
        for part in keyed(records, kind):
            rows += grouped(part, "key", "day")
    for row in rows:
        of_key = found[row["key"]]
        of_key[row["day"]] = of_key.get(row["day"], Sums()) + sums_in(row)
    return dict(found)


def added_up(span: Span) -> dict[date, datetime | None]:
    """The days that are, each with the moment up to which; None: to its end."""
    rows = UsageDay.objects.filter(kind=Kind.ALL, day__gte=span.first, day__lte=span.last)
    return dict(rows.values_list("day", "through"))


def not_added_up(span: Span, done: dict[date, datetime | None]) -> Iterator[QuerySet[UsageRecord]]:
    """The other records, one query for each run of days and for each day that is added up in part."""
    for first, last in runs([day for day in span.days if day not in done]):
        yield Span(first, last).records()
    for day, through in done.items():
        if through is not None:
            yield Span(day, day).records().filter(at__gte=through)


def add_up_days(*, now: datetime | None = None) -> int:
    """Add up the days that are over and are not added up whole, the latest first, and today as far as it went.

    Returns how many days were over.
    """
    through = (now or timezone.now()) - SETTLED_AFTER
    today = timezone.localdate(through)
    last = today - timedelta(days=1)
    oldest = UsageRecord.objects.order_by("at").values_list("at", flat=True).first()
    if oldest is None:
        return 0
    span = Span(timezone.localdate(oldest), last)
    done = {day for day, part in added_up(span).items() if part is None}
    missing = [day for day in reversed(span.days) if day not in done][:MOST_DAYS_AT_ONCE]
    for day in missing:
        add_up(day)
    add_up(today, through=through)
    return len(missing)


def add_up(day: date, *, through: datetime | None = None) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        rows = list(rows_of(day, through))
        UsageDay.objects.filter(day=day).delete()
        UsageDay.objects.bulk_create(rows, batch_size=1000)
    log.info("usage_added_up", day=day.isoformat(), rows=len(rows))


def rows_of(day: date, through: datetime | None) -> Iterator[UsageDay]:
    """The rows of a day. A day without use has its row for everything as well: it says that the day was looked at."""
    records = Span(day, day).records()
    records = records if through is None else records.filter(at__lt=through)
    for kind in Kind:
        parts = [row for part in keyed(records, kind) for row in grouped(part, "key")]
        if kind == Kind.ALL and not parts:
            yield UsageDay(day=day, kind=kind, through=through)
        for row in parts:
            yield UsageDay(day=day, kind=kind, key=row["key"], through=through, **without_prefix(row))


def keyed(records: QuerySet[UsageRecord], kind: str) -> list[QuerySet[UsageRecord]]:
    """The records with their `key`, in parts that have no key in common."""
    nobody = Value("", output_field=CharField())
    if kind == Kind.PERSON:
        return [records.annotate(key=Coalesce(Cast("user_id", CharField()), nobody))]
    if kind == Kind.GROUP:
        each = Func(F("group_ids"), function="unnest", output_field=IntegerField())
        alone = records.filter(group_ids=[])
        return [records.annotate(key=Cast(each, CharField())), alone.annotate(key=nobody)]
    if kind == Kind.MODEL:
        return [records.filter(MODEL_CALL).annotate(key=F("model"))]
    return [records.annotate(key=F("step") if kind == Kind.STEP else nobody)]


def stored(rows: QuerySet[UsageDay], *by: str) -> Iterable[dict[str, Any]]:
    return rows.values(*by).annotate(**DAY_SUMS).order_by()


def grouped(records: QuerySet[UsageRecord], *by: str) -> Iterable[dict[str, Any]]:
    rows = records.annotate(day=TruncDate("at")) if "day" in by else records
    return rows.values(*by).annotate(**RECORD_SUMS).order_by()


def without_prefix(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[f"{SUM}{name}"] for name in OF_RECORDS}


def sums_in(row: dict[str, Any]) -> Sums:
    return Sums(**without_prefix(row))


def runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days that follow upon each other, as their first and last."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and found[-1][1] + timedelta(days=1) == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
