"""Which answers a figure is of: those of a span of days, of one source, group, model or prompt version, or of several.

An answer counts for the source whose passage was found first for it, as in the sample that people grade. Days begin at
midnight UTC, as they do there.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import FilteredRelation, Q, QuerySet

from app.answers.models import Answer, Outcome
from app.reviews.models import ReviewItem

# Where `with_first_found` leads.
FIRST_DOCUMENT = "first_found__document"
FIRST_SOURCE = "first_found__document__source"


@dataclass(frozen=True, slots=True)
class Slice:
    """None stands for all; the model "" for answers that no model wrote."""

    source_id: int | None = None
    group_id: int | None = None
    model: str | None = None
    prompt_version: str | None = None

    def answers(self, first: date, last: date) -> QuerySet[Answer]:
        """Those that ended on these days and say something that could be graded."""
        return self.among(ended(first, last))

    def items(self, first: date, last: date) -> QuerySet[ReviewItem]:
        """The part of the sample that stands for `answers`."""
        rows = ReviewItem.objects.filter(day__gte=first, day__lte=last)
        return rows if self == ALL else rows.filter(answer__in=self.among(Answer.objects.all()).values("pk"))

    def among(self, answers: QuerySet[Answer]) -> QuerySet[Answer]:
        found = answers
        if self.source_id is not None:
            found = with_first_found(found).filter(**{FIRST_SOURCE: self.source_id})
        if self.group_id is not None:
            found = found.filter(question__conversation__user__groups=self.group_id)
        if self.model is not None:
            found = found.filter(model=self.model)
        if self.prompt_version is not None:
            found = found.filter(prompt_version=self.prompt_version)
        return found


ALL = Slice()


def with_first_found(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    """With `first_found`, the passage that was found first, if there was any."""
    return answers.alias(first_found=FilteredRelation("evidence", condition=Q(evidence__rank=1)))


def ended(first: date, last: date) -> QuerySet[Answer]:
    """As `app.reviews.sampling.eligible` has it, without reading the large `context` of answers nobody stopped."""
    said_something = finished(first, last).exclude(outcome__in=("", Outcome.FAILED))
    return said_something.exclude(stop_asked_at__isnull=False, context__has_key="stopped")


def finished(first: date, last: date) -> QuerySet[Answer]:
    return Answer.objects.filter(finished_at__gte=begin_of(first), finished_at__lt=begin_of(last + timedelta(days=1)))


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The days of one point of a chart, the last one included."""

    first: date
    last: date

    @property
    def label(self) -> str:
        return f"{self.first.day} {self.first:%b}"

    @property
    def words(self) -> str:
        return self.label if self.first == self.last else f"{self.label} to {self.last.day} {self.last:%b}"


def buckets(first: date, last: date, *, by_week: bool) -> list[Bucket]:
    """Days, or weeks from Monday to Sunday of which the first and the last may be cut."""
    found, begin = [], first
    while begin <= last:
        end = begin + timedelta(days=6 - begin.weekday() if by_week else 0)
        found.append(Bucket(begin, min(end, last)))
        begin = end + timedelta(days=1)
    return found
