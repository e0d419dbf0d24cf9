"""How long answers take, step by step."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.quality.intervals import Figure, quantile_figures

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Percentiles:
    """In the unit of the times, each with its interval and the number of answers that had the step."""

    p50: Figure
    p90: Figure
    p95: Figure
    p99: Figure


def by_step(answers: Sequence[Mapping[str, float]]) -> dict[str, Percentiles]:
    """Percentiles of each step over the answers that took it, and of the answers' sums as "total".

    Steps stand in the order in which they first occur. Percentiles do not add up: that of the total is its own.
    """
    names = dict.fromkeys(name for steps in answers for name in steps)
    times = {name: [steps[name] for steps in answers if name in steps] for name in names}
    if answers:
        times[TOTAL] = [math.fsum(steps.values()) for steps in answers]
    return {name: percentiles(values) for name, values in times.items()}


def percentiles(values: Sequence[float]) -> Percentiles:
    """Raises ValueError for no values."""
    if not values:
        raise ValueError("A percentile needs values.")
    return Percentiles(*quantile_figures(values, (0.5, 0.9, 0.95, 0.99)))
