"""Made-up histories of production with planted changes: how long each signal takes, and how often it is wrong.

A day has a number of graded answers that varies around `a_day` (Poisson), fewer at weekends, and its own luck beyond
that of its answers. The settings here are those of the signals themselves, so that the figures are theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from app.quality.trend import Day, baseline_of, drop, is_cost_anomaly, is_slow_decline

BASELINE_DAYS = 56
DECLINE_WINDOW = 56
DECLINE_LEVEL = 0.005
DECLINE_AT_LEAST = 0.03
COST_WINDOW = 28
LUCK_OF_A_DAY = 0.01
WEEKEND = 0.3
REPORTED_SEEDS = 1000
Alarms = Callable[[Sequence[Day]], list[int]]


@dataclass(frozen=True, slots=True)
class Planted:
    """A figure at `level` that falls by `fall` on day `at`, or from then on over `over` days."""

    days: int
    level: float
    a_day: float
    at: int = 0
    fall: float = 0.0
    over: int = 0

    def level_on(self, day: int) -> float:
        if day < self.at:
            return self.level
        part = min(1.0, (day - self.at) / self.over) if self.over else 1.0
        return self.level - self.fall * part

    def history(self, seed: int) -> list[Day]:
        rng = np.random.default_rng(seed)
        return [self._day(day, rng) for day in range(self.days)]

    def _day(self, day: int, rng: np.random.Generator) -> Day:
        n = int(rng.poisson(self.a_day * (WEEKEND if day % 7 >= 5 else 1)))
        chance = min(1.0, max(0.0, self.level_on(day) + rng.normal(0, LUCK_OF_A_DAY)))
        return Day(float(rng.binomial(n, chance)) / n if n else 0.0, n)


@dataclass(frozen=True, slots=True)
class Detection:
    """Over many histories: the share in which the change was seen, after how many days (median, and in 9 of 10), and
    the false alarms in a year of days without a change."""

    seen: float
    delay: float | None
    delay_90: float | None
    false_alarms_a_year: float


def drops(days: Sequence[Day]) -> list[int]:
    """The days on which a drop is signalled against the first days; after each, the sum begins at 0 again."""
    alarms: list[int] = []
    usual, start = baseline_of(days[:BASELINE_DAYS]), BASELINE_DAYS
    while usual is not None and (found := drop(days[start:], usual)) is not None:
        start += found.at + 1
        alarms.append(start - 1)
    return alarms


def slow_declines(days: Sequence[Day]) -> list[int]:
    """The days on which a slow decline is signalled: looked for once a week, in the weeks before, once in a window."""
    alarms: list[int] = []
    for end in range(DECLINE_WINDOW, len(days) + 1, 7):
        is_new = not alarms or end - 1 - alarms[-1] >= DECLINE_WINDOW
        window = days[end - DECLINE_WINDOW : end]
        if is_new and is_slow_decline(window, level=DECLINE_LEVEL, at_least=DECLINE_AT_LEAST):
            alarms.append(end - 1)
    return alarms


def detection(alarms_of: Alarms, planted: Planted, *, histories: int = 200) -> Detection:
    """How a signal does on histories with this change; `at` must leave room before it to learn what is usual.

    The settings of the signals were chosen on the histories of the seeds below 1,000, which are not used here.
    """
    delays, false_alarms = [], 0
    for seed in range(REPORTED_SEEDS, REPORTED_SEEDS + histories):
        alarms = alarms_of(planted.history(seed))
        false_alarms += sum(day < planted.at for day in alarms)
        if later := [day - planted.at for day in alarms if day >= planted.at]:
            delays.append(later[0])
    return Detection(
        seen=len(delays) / histories,
        delay=median(delays) if delays else None,
        delay_90=float(np.quantile(delays, 0.9, method="higher")) if delays else None,
        false_alarms_a_year=false_alarms * 365 / (histories * planted.at),
    )


def cost_alarms(leap: float, *, days: int = 365, histories: int = 200) -> tuple[float, float]:
    """The share of days whose cost by answer is `leap` times the usual that are signalled, and the false alarms a year.

    Costs vary by a log-normal factor with a standard deviation of 0.15.
    """
    seen = wrong = watched = 0
    for seed in range(REPORTED_SEEDS, REPORTED_SEEDS + histories):
        costs = list(np.random.default_rng(seed).lognormal(0, 0.15, days))
        for day in range(COST_WINDOW, days):
            history = costs[day - COST_WINDOW : day]
            wrong += is_cost_anomaly(costs[day], history)
            seen += is_cost_anomaly(costs[day] * leap, history)
            watched += 1
    return seen / watched, wrong * 365 / watched
