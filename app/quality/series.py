"""The daily figures that signals are looked for in, from what production stored. Days begin at midnight UTC.

A day without answers is there, and counts for nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from app.quality.counts import Counts, tally
from app.quality.trend import Day
from app.reviews.estimates import Sampled, effective, mean
from app.reviews.models import OPEN, Reason, ReviewItem
from app.reviews.quality import final_levels, weighed
from app.reviews.rubric import newest
from app.usage.days import Kind, Span, Sums, sums_by_day, sums_by_key_and_day

GRADED = "graded"
COST_OF_AN_ANSWER, COST_OF_A_DAY = "cost_answer", "cost_day"
# By figure the name of its share of answers, and whether more of it is worse.
SHARES: Mapping[str, tuple[str, bool]] = {
    "unhelpful": ("unhelpful", True),
    "not_found": ("not_found", True),
    "caveat": ("caveat", True),
    "supported": ("supported", False),
    "degraded": ("degraded", True),
}
# Days are put together until so many answers that were drawn by chance are graded: fewer say nothing of all answers.
GRADED_AT_ONCE = 10
# A day's grades are waited for twice as long as reviewers have; then what there is counts.
PATIENCE = 2


@dataclass(frozen=True, slots=True)
class Series:
    """Of the days from `first` on, with no day left out. Higher is better: a share that `is_bad` is turned round."""

    figure: str
    first: date
    days: Sequence[Day]
    is_bad: bool = False

    def shown(self, value: float) -> float:
        """A value as people read it, and back."""
        return 1 - value if self.is_bad else value


@dataclass(frozen=True, slots=True)
class Costs:
    """US dollars of each day from `first` on, None where there is nothing to compare; `answers` to get a day's sum."""

    figure: str
    slice: str
    first: date
    values: Sequence[float | None]
    answers: Sequence[int]


def series_of_shares(first: date, last: date) -> list[Series]:
    counted = tally(first, last).by("day")
    days = days_of(first, last)
    return [
        Series(figure, first, [_day(counted.get(day), share, is_bad) for day in days], is_bad)
        for figure, (share, is_bad) in SHARES.items()
    ]


def _day(counts: Counts | None, share: str, is_bad: bool) -> Day:
    part, whole = counts.parts(share) if counts else (0, 0)
    if not whole:
        return Day(0.0, 0)
    return Day(1 - part / whole if is_bad else part / whole, whole)


def series_of_grades(first: date, last: date, *, today: date) -> Series:
    """Graded quality, each answer weighing by one over its chance of being drawn.

    The doubted answers of a day say nothing of its other ones. So a figure stands on the day on which ten answers
    drawn by chance have come together, and is of all drawn answers of the days since the figure before.
    """
    rubric = newest()
    best = {each.name: each.best for each in rubric.criteria}
    drawn = ReviewItem.objects.filter(day__gte=first, day__lte=last).exclude(probability=None)
    rows = list(drawn.exclude(state=ReviewItem.State.CLOSED).order_by("day", "pk"))
    values = {pk: float(dict(levels) == best) for pk, levels in final_levels(rows, rubric.version).items()}
    settled = _settled(rows, first, last, today)
    blocks = dict(_blocks(rows, values, settled))
    return Series(GRADED, first, [blocks.get(day, Day(0.0, 0)) for day in days_of(first, last)])


def _settled(rows: Sequence[ReviewItem], first: date, last: date, today: date) -> list[date]:
    """The days before the first one whose grades are still to come."""
    waited = today - timedelta(days=PATIENCE * settings.ATTEST_REVIEW_DAYS)
    unsettled = (row.day for row in rows if row.state in OPEN and row.day > waited)
    # Answers of the last days may be drawn still.
    end = min([*unsettled, last + timedelta(days=1)])
    return days_of(first, end - timedelta(days=1))


def _blocks(
    rows: Sequence[ReviewItem], values: Mapping[int, float], days: Sequence[date]
) -> Iterator[tuple[date, Day]]:
    of_day: dict[date, list[ReviewItem]] = {}
    for row in rows:
        of_day.setdefault(row.day, []).append(row)
    block: list[ReviewItem] = []
    for day in days:
        block += of_day.get(day, [])
        if sum(row.pk in values and row.reasons == [Reason.CHANCE] for row in block) >= GRADED_AT_ONCE:
            yield day, _graded(weighed(block, values))
            block = []


def _graded(sample: Sequence[Sampled]) -> Day:
    estimate = mean(sample)
    return Day(estimate.value, max(1, round(effective(sample)))) if estimate else Day(0.0, 0)


def costs(first: date, last: date) -> list[Costs]:
    """By answer and by day: of all models together, and of each that cost anything."""
    span, days = Span(first, last), days_of(first, last)
    everything = sums_by_day(span)
    by_model = sums_by_key_and_day(span, Kind.MODEL)
    found = [_of_answers("", everything, days), _of_days("", everything, days)]
    for model, sums in sorted(by_model.items()):
        if any(each.cost_usd for each in sums.values()):
            found += [_of_answers(model, sums, days), _of_days(model, sums, days)]
    return found


def _of_answers(model: str, sums: Mapping[date, Sums], days: Sequence[date]) -> Costs:
    known = {day: each for day, each in sums.items() if each.answers}
    values = [float(known[day].cost_usd) / known[day].answers if day in known else None for day in days]
    return Costs(COST_OF_AN_ANSWER, model, days[0], values, [known[day].answers if day in known else 0 for day in days])


def _of_days(model: str, sums: Mapping[date, Sums], days: Sequence[date]) -> Costs:
    """From the first day on which there was any use; before that nothing is usual."""
    began = min(sums, default=days[-1])
    values = [float(sums[day].cost_usd) if day in sums else 0.0 if day > began else None for day in days]
    return Costs(COST_OF_A_DAY, model, days[0], values, [1] * len(days))


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
