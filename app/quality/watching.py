"""What the tests of daily figures say today: of each figure whether it got worse, stands worse still, or has come back.

Only days that are over are judged. Days of earlier signals are no part of what is usual; and where somebody closed one
because the figure is meant to stay so, nothing before it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from app.quality.models import Signal
from app.quality.series import COST_OF_A_DAY, GRADED, Costs, Series, costs, series_of_grades, series_of_shares
from app.quality.signals import (
    CALM_COST_DAYS,
    LEAST_KNOWN_DAYS,
    RECENT_DAYS,
    Found,
    find_below,
    find_cost,
    find_decline,
    find_drop,
    has_recovered,
    has_risen_again,
)
from app.quality.trend import Day, is_below, pooled

# Room for a baseline, and for weekends to be compared with weekends, beside what signals cut out.
LOOKED_BACK = timedelta(days=200)
REMEMBERED = timedelta(days=400)
SHOWN_DAYS = 140
CUSUM, FLOOR, MANN_KENDALL, ROBUST_Z = "cusum", "floor", "mann-kendall", "robust z"
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """`is_found`: the figure is worse than usual, or still is. `is_back`: a signal that stands is over.

    `recent` is the figure of the last seven days with answers, as people read it, and `known` the number of all such
    days. `before` and `after` are as in `Signal`.
    """

    kind: Signal.Kind
    figure: str
    slice: str = ""
    is_found: bool = False
    is_back: bool = False
    first_day: date | None = None
    before: float | None = None
    after: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    recent: float | None = None
    known: int = 0

    @property
    def key(self) -> Key:
        return (str(self.kind), self.figure, self.slice)


@dataclass(frozen=True, slots=True)
class Past:
    """The signals of one figure so far. `standing` is the last one, unless it is over."""

    over: Sequence[Signal] = ()
    standing: Signal | None = None

    @property
    def judged_from(self) -> date:
        """The first day after the last signal."""
        if not self.over:
            return date.min
        ended = (each.back_at or each.closed_at for each in self.over)
        return max(each.date() for each in ended if each)

    def beside(self, other: "Past") -> "Past":
        """With those of another test of the figure that are over."""
        return Past([*self.over, *other.over], self.standing)

    def is_usual(self, day: date) -> bool:
        """Whether the day belongs to none of the signals that are over, and to what is usual since."""
        for each in self.over:
            if each.is_usual_now:
                if day < each.first_day:
                    return False
            elif each.back_at and each.first_day <= day < each.back_at.date():
                return False
        return True


def daily_looks(today: date) -> Iterator[Look]:
    last = today - timedelta(days=1)
    first, past = last - LOOKED_BACK, past_signals(today)
    for series in (series_of_grades(first, last, today=today), *series_of_shares(first, last)):
        of_drop = past.get((Signal.Kind.DROP, series.figure, ""), Past())
        drop = look_for_drop(series, of_drop)
        yield drop
        of_decline = past.get((Signal.Kind.DECLINE, series.figure, ""), Past())
        yield look_for_decline(
            series, of_decline.beside(of_drop), is_known=drop.is_found or of_drop.standing is not None
        )
    for each in costs(first, last):
        yield look_for_cost(each, past.get((Signal.Kind.COST, each.figure, each.slice), Past()))


def past_signals(today: date) -> dict[Key, Past]:
    found: dict[Key, list[Signal]] = {}
    lately = Q(raised_at__date__gte=today - REMEMBERED) | Q(back_at=None, is_usual_now=False)
    for signal in Signal.objects.filter(lately).order_by("raised_at", "pk"):
        found.setdefault((signal.kind, signal.figure, signal.slice), []).append(signal)
    return {
        key: Past(signals) if signals[-1].is_over else Past(signals[:-1], signals[-1])
        for key, signals in found.items()
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dated:
    """Days with their dates, without those that are not usual."""

    dates: Sequence[date]
    days: Sequence[Day]

    def place(self, day: date) -> int:
        """Of the first date that is not before `day`."""
        return sum(each < day for each in self.dates)

    def since(self, day: date) -> "Dated":
        place = self.place(day)
        return Dated(self.dates[place:], self.days[place:])


def usual_days(series: Series, past: Past) -> Dated:
    dated = [(series.first + timedelta(days=number), day) for number, day in enumerate(series.days)]
    kept = [(each, day) for each, day in dated if past.is_usual(each)]
    return Dated([each for each, _ in kept], [day for _, day in kept])


def look_for_drop(series: Series, past: Past) -> Look:
    dated, at_least = usual_days(series, past), settings.ATTEST_SIGNAL_POINTS / 100
    if past.standing is not None:
        return _standing_drop(series, dated, past.standing, at_least)
    watched_from, floor = dated.place(past.judged_from), settings.ATTEST_SIGNAL_FLOOR_PERCENT / 100
    found, test = find_drop(dated.days, at_least=at_least, watched_from=watched_from), CUSUM
    if found is None and floor and series.figure == GRADED:
        found, test = find_below(dated.days, floor, watched_from=watched_from), FLOOR
    return _look(Signal.Kind.DROP, series, dated, found, test)


def _standing_drop(series: Series, dated: Dated, standing: Signal, at_least: float) -> Look:
    since, later = dated.since(standing.first_day), dated.since(standing.raised_at.date())
    before = series.shown(standing.before or 0.0)
    if standing.evidence.get("test") == FLOOR:
        recent = [day for day in later.days if day.n][-RECENT_DAYS:]
        is_back = len(recent) >= LEAST_KNOWN_DAYS and not is_below(recent, before)
    else:
        is_back = has_risen_again(
            since.days, raised=len(since.days) - len(later.days), before=before,
            deviation=standing.evidence["deviation"], at_least=at_least,
        )  # fmt: skip
    return _still(standing, series, is_back=is_back, after=pooled(since.days) if any(d.n for d in since.days) else None)


def look_for_decline(series: Series, past: Past, *, is_known: bool) -> Look:
    """In whole weeks, so that each is judged once. `is_known`: what is a drop needs no second signal."""
    dated = usual_days(series, past)
    standing = past.standing
    if standing is not None:
        before, after = series.shown(standing.before or 0.0), series.shown(standing.after or 0.0)
        is_back = has_recovered(dated.since(standing.raised_at.date()).days, before=before, after=after)
        return _still(standing, series, is_back=is_back, after=None)
    weeks = sum(day <= _last_sunday(dated.dates) for day in dated.dates) if dated.dates else 0
    dated = Dated(dated.dates[:weeks], dated.days[:weeks])
    found = find_decline(
        dated.days, at_least=settings.ATTEST_SIGNAL_POINTS / 100, watched_from=dated.place(past.judged_from)
    )
    return _look(Signal.Kind.DECLINE, series, dated, None if is_known else found, MANN_KENDALL)


def _last_sunday(dates: Sequence[date]) -> date:
    return dates[-1] - timedelta(days=(dates[-1].weekday() + 1) % 7)


def look_for_cost(series: Costs, past: Past) -> Look:
    """Days are compared with earlier ones; the costs of whole days, working days and weekends each among themselves."""
    last = series.first + timedelta(days=len(series.values) - 1)
    standing = past.standing
    judged_from = max(past.judged_from, last - timedelta(days=CALM_COST_DAYS - 1))
    base = Past(past.over, None)
    is_usual = {day: base.is_usual(day) and (standing is None or day < standing.first_day) for day in _dates(series)}
    found = None
    for dated in _comparable(series, is_usual, judged_from):
        found = _dearer(dated, judged_from) or found
    if standing is not None:
        is_back = found is None and last >= standing.raised_at.date() + timedelta(days=CALM_COST_DAYS - 1)
        evidence = {**standing.evidence, "days": _cost_points(series, last)}
        return _cost_look(
            series, is_found=not is_back, is_back=is_back, first_day=standing.first_day, before=standing.before,
            after=found[1].after if found else standing.after, evidence=evidence,
        )  # fmt: skip
    if found is None:
        return _cost_look(series)
    day, what = found
    evidence = _numbers(what, ROBUST_Z) | {"days": _cost_points(series, last)}
    return _cost_look(series, is_found=True, first_day=day, before=what.before, after=what.after, evidence=evidence)


CostDay = tuple[date, float | None, int]


def _comparable(series: Costs, is_usual: Mapping[date, bool], judged_from: date) -> Iterator[list[CostDay]]:
    rows = list(zip(_dates(series), series.values, series.answers, strict=True))
    rows = [row for row in rows if is_usual[row[0]] or row[0] >= judged_from]
    if series.figure != COST_OF_A_DAY:
        yield rows
        return
    for is_weekend in (True, False):
        yield [row for row in rows if (row[0].weekday() >= 5) == is_weekend]


def _dearer(rows: Sequence[CostDay], judged_from: date) -> tuple[date, Found] | None:
    found = find_cost(
        [value for _, value, _ in rows], [answers for _, _, answers in rows],
        at_least_usd=settings.ATTEST_SIGNAL_USD, watched_from=sum(day < judged_from for day, _, _ in rows),
    )  # fmt: skip
    return (rows[found.since][0], found) if found else None


def _dates(series: Costs) -> list[date]:
    return [series.first + timedelta(days=number) for number in range(len(series.values))]


def _cost_points(series: Costs, last: date) -> list[dict[str, Any]]:
    points = zip(_dates(series), series.values, series.answers, strict=True)
    return [
        {"day": day.isoformat(), "value": value, "n": answers}
        for day, value, answers in list(points)[-SHOWN_DAYS:] if day <= last
    ]  # fmt: skip


def _cost_look(series: Costs, **said: Any) -> Look:
    known = [value for value in series.values if value is not None]
    recent = sum(known[-RECENT_DAYS:]) / len(known[-RECENT_DAYS:]) if known else None
    return Look(Signal.Kind.COST, series.figure, series.slice, recent=recent, known=len(known), **said)


def _look(kind: Signal.Kind, series: Series, dated: Dated, found: Found | None, test: str) -> Look:
    recent, known = _recent(series)
    if found is None:
        return Look(kind, series.figure, recent=recent, known=known)
    evidence = _numbers(found, test) | {"days": _points(series)}
    return Look(
        kind, series.figure, is_found=True, first_day=dated.dates[found.since], before=series.shown(found.before),
        after=series.shown(found.after), evidence=evidence, recent=recent, known=known,
    )  # fmt: skip


def _still(standing: Signal, series: Series, *, is_back: bool, after: float | None) -> Look:
    recent, known = _recent(series)
    return Look(
        Signal.Kind(standing.kind), series.figure, is_found=not is_back, is_back=is_back,
        first_day=standing.first_day, before=standing.before,
        after=standing.after if after is None else series.shown(after),
        evidence={**standing.evidence, "days": _points(series)}, recent=recent, known=known,
    )  # fmt: skip


def _numbers(found: Found, test: str) -> dict[str, Any]:
    return {
        "test": test, "statistic": found.statistic, "threshold": found.threshold, "deviation": found.deviation,
        "usual": found.before,
    }  # fmt: skip


def _points(series: Series) -> list[dict[str, Any]]:
    """The days as people read them; a day without answers has no value."""
    dated = ((series.first + timedelta(days=number), day) for number, day in enumerate(series.days))
    points = [
        {"day": day.isoformat(), "value": series.shown(each.value) if each.n else None, "n": each.n}
        for day, each in dated
    ]
    return points[-SHOWN_DAYS:]


def _recent(series: Series) -> tuple[float | None, int]:
    known = [day for day in series.days if day.n]
    return (series.shown(pooled(known[-RECENT_DAYS:])) if known else None, len(known))
