"""Whether a daily figure fell, is falling slowly, or leapt: the tests behind the signals of production.

Each says how often it cries for nothing where days are independent; `evals.metrics.planted` tries that on made-up
histories. Days that follow each other closely (autocorrelation) raise those rates.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, median

import numpy as np

from app.quality.intervals import wilson

NORMAL = NormalDist()
# Half a standard deviation of slack and a threshold of 6: 2,570 quiet days between false alarms on average with a known
# baseline, by the approximation of Siegmund 1985: (e^b - b - 1) / 0.5 with b = 6 + 1.166. With a baseline that is
# learned from some weeks, and days of unequal luck, there are more: docs/quality.md says how many.
SLACK = 0.5
THRESHOLD = 6.0
# Of Iglewicz and Hoaglin 1993.
ROBUST_Z = 3.5


@dataclass(frozen=True, slots=True)
class Day:
    """A share or mean grade from 0 to 1 of one day, over `n` answers; `n` 0 for a day without any."""

    value: float
    n: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual: the mean, and the standard deviation that one answer alone would have."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Drop:
    """`at` is the place of the day that raised the alarm, `since` of the day from which the figure seems lower."""

    at: int
    since: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Trend:
    """Mann and Kendall's S with its variance, the p-values of a decline and of a rise, and the slope of Theil and Sen
    by day."""

    s: int
    variance: float
    p_decline: float
    p_rise: float
    slope: float


def baseline_of(days: Sequence[Day]) -> Baseline | None:
    """From the days that had answers: Σ n·value / Σ n, and √(Σ n·(value - mean)² / (days - 1)); None below 2 such days.

    So days that differ more than their few answers explain widen it. Where all days are alike the deviation is that of
    a share with one more success and one more failure, or nothing could ever be normal again.
    """
    known = [day for day in days if day.n]
    if len(known) < 2:
        return None
    n = sum(day.n for day in known)
    mean = math.fsum(day.n * day.value for day in known) / n
    deviation = math.sqrt(math.fsum(day.n * (day.value - mean) ** 2 for day in known) / (len(known) - 1))
    smoothed = (mean * n + 1) / (n + 2)
    return Baseline(mean, deviation if deviation > 1e-9 else math.sqrt(smoothed * (1 - smoothed)))


def cusum(days: Sequence[Day], usual: Baseline, *, slack: float = SLACK) -> list[float]:
    """The lower cumulative sum of each day (Page 1954): S = max(0, S + z - slack), z = (mean - value)·√n / deviation.

    A day without answers changes nothing.
    """
    sums, current = [], 0.0
    for day in days:
        if day.n:
            z = (usual.mean - day.value) * math.sqrt(day.n) / usual.deviation
            current = max(0.0, current + z - slack)
        sums.append(current)
    return sums


def drop(days: Sequence[Day], usual: Baseline, *, slack: float = SLACK, threshold: float = THRESHOLD) -> Drop | None:
    """The first day on which the cumulative sum passes the threshold, if any does.

    `days` follow the baseline. The lower figure is taken to begin after the last day on which the sum was 0.
    """
    sums = cusum(days, usual, slack=slack)
    at = next((place for place, each in enumerate(sums) if each > threshold), None)
    if at is None:
        return None
    since = max((place + 1 for place in range(at) if sums[place] == 0), default=0)
    return Drop(at, since, usual.mean, pooled(days[since : at + 1]))


def is_below(days: Sequence[Day], threshold: float, *, confidence: float = 0.95) -> bool:
    """Whether the days together are surely below a threshold: the upper end of Wilson's interval is.

    A product that stands exactly at its threshold is called below it in (1 - confidence) / 2 of such looks.
    """
    n = sum(day.n for day in days)
    figure = wilson(round(pooled(days) * n), n, confidence)
    return figure is not None and figure.high < threshold


def pooled(days: Sequence[Day]) -> float:
    """The figure over all answers of the days; 0 for none."""
    n = sum(day.n for day in days)
    return math.fsum(day.value * day.n for day in days) / n if n else 0.0


def mann_kendall(values: Sequence[float]) -> Trend | None:
    """The trend test of Mann 1945 and Kendall 1975 with its correction for ties; None for fewer than 4 values.

    S = Σ sign(later - earlier); variance = (n(n-1)(2n+5) - Σ t(t-1)(2t+5)) / 18 over groups of t equal values;
    z = (S ∓ 1) / √variance is normal where nothing changes. The slope is the median of all pairs' slopes (Sen 1968).
    """
    n = len(values)
    if n < 4:
        return None
    earlier, later = np.triu_indices(n, k=1)
    rises = np.asarray(values, dtype=float)[later] - np.asarray(values, dtype=float)[earlier]
    s = int(np.sign(rises).sum())
    ties = Counter(values).values()
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    slope = float(np.median(rises / (later - earlier)))
    if not variance:
        return Trend(s, variance, 1.0, 1.0, slope)
    spread = math.sqrt(variance)
    return Trend(s, variance, NORMAL.cdf((s + 1) / spread), NORMAL.cdf((1 - s) / spread), slope)


def is_slow_decline(days: Sequence[Day], *, level: float, at_least: float) -> bool:
    """Whether the days decline at this level of significance, and by `at_least` from the first day with answers to
    the last one.

    One look cries for nothing with a chance of at most `level`; k looks a year on windows that do not overlap k·level
    times a year. So a level of 0.005 once a week: 0.26 times a year at most, about, as windows that overlap alarm
    together.
    """
    known = [day.value for day in days if day.n]
    found = mann_kendall(known)
    return found is not None and found.p_decline < level and -found.slope * (len(known) - 1) >= at_least


def robust_z(value: float, history: Sequence[float]) -> float:
    """0.6745·(value - median) / MAD over the history (Iglewicz and Hoaglin 1993).

    Where more than half of the history is one value MAD is 0, and the mean distance takes its place (÷ 1.2533); where
    all of it is, any other value is infinitely far. Raises ValueError without a history.
    """
    if not history:
        raise ValueError("A value is only far from a history that has values.")
    middle = median(history)
    distances = [abs(each - middle) for each in history]
    scale = median(distances) / NORMAL.inv_cdf(0.75) or fmean(distances) * math.sqrt(math.pi / 2)
    if scale:
        return (value - middle) / scale
    return math.copysign(math.inf, value - middle) if value != middle else 0.0


def is_cost_anomaly(
    today: float, history: Sequence[float], *, threshold: float = ROBUST_Z, at_least: float = 1.4
) -> bool:
    """Whether today costs far more than usual: by the robust z, and by `at_least` times the median.

    Give 4 weeks or more, of days that can be compared: cost by answer, or by day of the week. For normal days about
    1 in 1,000 is so far up by chance after 4 weeks (1 in 4,300 if the history were endless).
    """
    return robust_z(today, history) > threshold and today >= at_least * median(history)
