"""How long answers take, step by step."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Percentiles:
    """In the unit of the times; `n` is how many answers had the step."""

    p50: float
    p90: float
    p95: float
    p99: float
    n: int


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, interpolated between neighbours.

    Definition 7 of Hyndman and Fan 1996, the usual one of NumPy. Raises ValueError for no values.
    """
    ordered = sorted(values)
    if not ordered or not 0 <= share <= 1:
        raise ValueError("A percentile needs values, and a share from 0 to 1.")
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


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
    p50, p90, p95, p99 = (percentile(values, share) for share in (0.5, 0.9, 0.95, 0.99))
    return Percentiles(p50, p90, p95, p99, len(values))
