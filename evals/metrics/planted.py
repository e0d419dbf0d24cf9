"""Made-up histories of production with planted changes: how long each signal takes, and how often it is wrong.

A day has a number of graded answers that varies around `a_day` (Poisson), fewer at weekends, and its own luck beyond
that of its answers. The settings here are those of the signals themselves, so that the figures are theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from app.quality.signals import Found, find_cost, find_decline, find_drop, has_recovered, has_risen_again
from app.quality.trend import Day

# The default of ATTEST_SIGNAL_POINTS.
AT_LEAST = 0.03
LUCK_OF_A_DAY = 0.01
WEEKEND = 0.3
REPORTED_SEEDS = 20_000
LEARNT_COST_DAYS = 28
# From the day of a signal to the day on which it closed, None where it stands.
Standing = tuple[int, int | None]
Alarms = Callable[[Sequence[Day]], list[Standing]]


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


def drops(days: Sequence[Day]) -> list[Standing]:
    """The drops that are signalled, looked for each day; the next one only after the figure has risen again."""
    alarms: list[Standing] = []
    kept: list[Day] = []
    found: Found | None = None
    watched_from = raised = 0
    for number, day in enumerate(days):
        kept.append(day)
        if found is None:
            found = find_drop(kept, at_least=AT_LEAST, watched_from=watched_from)
            alarms += [(number, None)] if found else []
            raised = len(kept)
        elif has_risen_again(
            kept[found.since :], raised=raised - found.since, before=found.before, deviation=found.deviation,
            at_least=AT_LEAST,
        ):  # fmt: skip
            alarms[-1] = (alarms[-1][0], number)
            # What was not usual teaches nothing of what is.
            del kept[found.since :]
            found, watched_from = None, len(kept)
    return alarms


def slow_declines(days: Sequence[Day]) -> list[Standing]:
    """The slow declines that are signalled, looked for once a week; the next one after the figure has recovered."""
    alarms: list[Standing] = []
    found: Found | None = None
    watched_from = 0
    for end in range(7, len(days) + 1, 7):
        if found is None:
            found = find_decline(days[:end], at_least=AT_LEAST, watched_from=watched_from)
            alarms += [(end - 1, None)] if found else []
        elif has_recovered(days[:end], before=found.before, after=found.after):
            alarms[-1] = (alarms[-1][0], end - 1)
            found, watched_from = None, end
    return alarms


def detection(alarms_of: Alarms, planted: Planted, *, histories: int = 200) -> Detection:
    """How a signal does on histories with this change; `at` must leave room before it to learn what is usual.

    A signal that stands when the change comes hides it: such a history counts as seen, and has no delay. The settings
    of the signals were chosen on the histories of smaller seeds, which are not used here.
    """
    delays, hidden, false_alarms = [], 0, 0
    for seed in range(REPORTED_SEEDS, REPORTED_SEEDS + histories):
        alarms = alarms_of(planted.history(seed))
        false_alarms += sum(raised < planted.at for raised, _ in alarms)
        later = [raised - planted.at for raised, _ in alarms if raised >= planted.at]
        if any(raised < planted.at and (ended is None or ended >= planted.at) for raised, ended in alarms):
            hidden += 1
        elif later:
            delays.append(later[0])
    return Detection(
        seen=(len(delays) + hidden) / histories,
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
        for day in range(LEARNT_COST_DAYS, days):
            history, answers = costs[:day], [1] * (day + 1)
            wrong += find_cost([*history, costs[day]], answers, at_least_usd=0, watched_from=day) is not None
            seen += find_cost([*history, costs[day] * leap], answers, at_least_usd=0, watched_from=day) is not None
            watched += 1
    return seen / watched, wrong * 365 / watched
