"""How good the answers of a span of days are: outcomes, thumbs, support and reports of all, grades of the sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from app.answers.models import Answer, Outcome
from app.quality.counts import Counts, Tally
from app.quality.slices import Bucket, Slice, buckets, finished
from app.reviews.models import ReviewItem
from app.reviews.quality import Quality, final_levels, quality_of, sampled
from app.reviews.rubric import newest

# From so many days on, a point of a chart is a week.
DAILY_UP_TO = 45


@dataclass(frozen=True, slots=True)
class Spell:
    """One point of the charts."""

    bucket: Bucket
    counts: Counts
    quality: Quality


@dataclass(frozen=True, slots=True)
class Production:
    """`failed` answers count in no share: they say nothing."""

    first: date
    last: date
    by_week: bool
    spells: Sequence[Spell]
    total: Counts
    quality: Quality
    failed: int


def production(slice_: Slice, first: date, last: date, counted: Tally) -> Production:
    """By day, or by week where the span is long. `counted` is of the same span and of the slice's group."""
    by_week = (last - first).days >= DAILY_UP_TO
    by_day = counted.by("day", slice_)
    grades = _Grades(slice_.items(first, last))
    spells = [
        Spell(bucket, _within(by_day, bucket), grades.within(bucket))
        for bucket in buckets(first, last, by_week=by_week)
    ]  # fmt: skip
    whole = Bucket(first, last)
    return Production(
        first, last, by_week, spells, _within(by_day, whole), grades.within(whole), _failed(slice_, first, last)
    )


class _Grades:
    """The sample of a slice, read once for all its days."""

    def __init__(self, items: QuerySet[ReviewItem]) -> None:
        self.rubric = newest()
        self.rows = sampled(items)
        self.final = final_levels(self.rows, self.rubric.version)

    def within(self, bucket: Bucket) -> Quality:
        rows = [row for row in self.rows if bucket.first <= row.day <= bucket.last]
        return quality_of(rows, self.final, self.rubric)


def _failed(slice_: Slice, first: date, last: date) -> int:
    failed: QuerySet[Answer] = finished(first, last).filter(outcome=Outcome.FAILED)
    return slice_.among(failed).count()


def _within(by_day: Mapping[date, Counts], bucket: Bucket) -> Counts:
    found = (counts for day, counts in by_day.items() if bucket.first <= day <= bucket.last)
    return sum(found, Counts())
