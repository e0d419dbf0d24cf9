"""What makes a signal of a daily figure, and what ends it. Pure: what production runs is what is measured.

Values are from 0 to 1 and higher is better, but for costs. Days follow each other; days of earlier signals are left out
of them beforehand, as they are not usual. `app.quality.trend` has the tests themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from app.quality.trend import (
    ROBUST_Z,
    Baseline,
    Day,
    baseline_of,
    cusum,
    drop,
    is_below,
    is_cost_anomaly,
    is_slow_decline,
    mann_kendall,
    pooled,
    robust_z,
)

# A drop: the days that are watched, against those before them. At 8 quiet days between false alarms are 19,100 with a
# known baseline, by the formula in `trend`; it has to be learnt, and six figures are watched at once.
DROP_THRESHOLD = 8.0
WATCHED_DAYS = 42
BASELINE_DAYS = 56
LEAST_BASELINE_DAYS = 28
LEAST_KNOWN_DAYS = 5
# A slow decline: looked for once a week in so many days. At this level 0.26 false alarms a year are stated at most.
DECLINE_DAYS = 56
DECLINE_LEVEL = 0.005
LEAST_DECLINE_DAYS = 8
QUARTER = DECLINE_DAYS // 4
# Costs.
COST_DAYS = 28
LEAST_COST_DAYS = 14
COST_AT_LEAST = 1.4
CALM_COST_DAYS = 3
# Days with answers that show together whether a figure has come back, or stands below a floor.
RECENT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Found:
    """`since` is the place of the first day of the change; `statistic` passed `threshold`.

    Of a slow decline the statistic is the p-value, and lies below it. `deviation` is that of one answer.
    """

    since: int
    before: float
    after: float
    statistic: float
    threshold: float
    deviation: float = 0.0


def find_drop(days: Sequence[Day], *, at_least: float, watched_from: int = 0) -> Found | None:
    """Whether the figure stands lower than it used to, by `at_least`; days before `watched_from` are not judged.

    Silent before there are four weeks to compare with.
    """
    began = next((place for place, day in enumerate(days) if day.n), len(days))
    start = max(len(days) - WATCHED_DAYS, watched_from, began + LEAST_BASELINE_DAYS)
    before, watched = days[max(0, start - BASELINE_DAYS) : start], days[start:]
    usual = baseline_of(before) if sum(day.n > 0 for day in before) >= LEAST_KNOWN_DAYS else None
    found = drop(watched, usual, threshold=DROP_THRESHOLD) if usual else None
    if usual is None or found is None:
        return None
    last, after = cusum(watched, usual)[-1], pooled(watched[found.since :])
    if last <= DROP_THRESHOLD or usual.mean - after < at_least:
        return None
    return Found(start + found.since, usual.mean, after, last, DROP_THRESHOLD, usual.deviation)


def find_below(days: Sequence[Day], floor: float, *, watched_from: int = 0) -> Found | None:
    """Whether the last seven days with answers are together surely below the floor."""
    recent = known_places(days, watched_from)[-RECENT_DAYS:]
    if len(recent) < LEAST_KNOWN_DAYS or not is_below([days[place] for place in recent], floor):
        return None
    after = pooled([days[place] for place in recent])
    return Found(recent[0], floor, after, after, floor)


def has_risen_again(days: Sequence[Day], *, raised: int, before: float, deviation: float, at_least: float) -> bool:
    """Whether a drop is over; `days` are those since it began, of which `raised` were known when it was found.

    The last seven lie nearer to `before` than to all of them together, and either these are no longer lower by
    `at_least`, or the same test upside down finds that the figure rose since.
    """
    recent = [day for day in days[raised:] if day.n][-RECENT_DAYS:]
    together = pooled(days)
    low = min(together, before - at_least)
    if len(recent) < RECENT_DAYS or pooled(recent) < (before + low) / 2:
        return False
    turned = [Day(1 - day.value, day.n) for day in days[raised:]]
    return before - together < at_least or drop(turned, Baseline(1 - low, deviation)) is not None


def find_decline(days: Sequence[Day], *, at_least: float, watched_from: int = 0) -> Found | None:
    """Whether the last eight weeks show a decline by `at_least`; to be asked once a week, with whole weeks."""
    start = max(0, len(days) - DECLINE_DAYS)
    window = days[start:]
    known = known_places(window, 0)
    if start < watched_from or len(known) < LEAST_DECLINE_DAYS or known[0] >= QUARTER or len(window) < DECLINE_DAYS:
        return None
    if not is_slow_decline(window, level=DECLINE_LEVEL, at_least=at_least):
        return None
    found = mann_kendall([window[place].value for place in known])
    p_value = found.p_decline if found else 1.0
    before, after = pooled(window[:QUARTER]), pooled(window[-QUARTER:])
    return Found(start + known[0], before, after, p_value, DECLINE_LEVEL)


def has_recovered(days: Sequence[Day], *, before: float, after: float) -> bool:
    """Whether the last two weeks lie nearer to `before` than to `after`."""
    recent = days[-QUARTER:]
    return sum(day.n > 0 for day in recent) >= 3 and pooled(recent) >= (before + after) / 2


def find_cost(
    costs: Sequence[float | None], answers: Sequence[int], *, at_least_usd: float, watched_from: int = 0
) -> Found | None:
    """The first of the last three days that cost far more than the days before it. None: a day without any answer.

    `answers` is by what a day's cost is multiplied to get dollars, 1 for a cost by day.
    """
    for place in range(max(watched_from, len(costs) - CALM_COST_DAYS), len(costs)):
        today = costs[place]
        history = [each for each in costs[:place] if each is not None][-COST_DAYS:]
        if today is None or len(history) < LEAST_COST_DAYS:
            continue
        usual = median(history)
        is_much = (today - usual) * answers[place] >= at_least_usd
        if is_much and is_cost_anomaly(today, history, at_least=COST_AT_LEAST):
            return Found(place, usual, today, min(robust_z(today, history), 1e6), ROBUST_Z)
    return None


def known_places(days: Sequence[Day], start: int) -> list[int]:
    return [place for place, day in enumerate(days) if day.n and place >= start]
