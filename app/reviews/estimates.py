"""Quality of all answers from the graded sample: unbiased, because each weighs by one over its chance of being drawn.

Pure. `mean` is Hájek's ratio estimator with the linearised variance of Poisson sampling (Särndal, Swensson and Wretman
1992, 5.7 and 7.4); `total` is Horvitz and Thompson's (1952).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Sampled:
    """A graded answer: its `value`, from 0 to 1 for a share, and the probability with which it was drawn."""

    value: float
    probability: float

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1:
            raise ValueError("A probability is above 0 and at most 1.")


@dataclass(frozen=True, slots=True)
class Estimate:
    """With its interval and the number of graded answers. `low` and `high` say nothing of fewer than about 30."""

    value: float
    low: float
    high: float
    n: int


def total(sample: Sequence[Sampled], *, confidence: float = CONFIDENCE) -> Estimate:
    """Horvitz and Thompson: Σ value / probability, an unbiased estimate of the sum over all answers."""
    value = sum(each.value / each.probability for each in sample)
    variance = sum((1 - each.probability) * (each.value / each.probability) ** 2 for each in sample)
    return _estimate(value, variance, len(sample), confidence)


def mean(sample: Sequence[Sampled], *, confidence: float = CONFIDENCE) -> Estimate | None:
    """Hájek: Σ (value / probability) / Σ (1 / probability). None where nothing was graded.

    Its bias is of the order of 1/n and vanishes beside its error; it needs no count of all answers.
    """
    if not sample:
        return None
    size = sum(1 / each.probability for each in sample)
    value = sum(each.value / each.probability for each in sample) / size
    variance = sum((1 - each.probability) * ((each.value - value) / each.probability) ** 2 for each in sample) / size**2
    return _estimate(value, variance, len(sample), confidence)


def share(sample: Sequence[Sampled], *, confidence: float = CONFIDENCE) -> Estimate | None:
    """As `mean`, for values from 0 to 1: the interval stays within them and has a width even if all are the best.

    Wilson's interval with the effective number of answers (Kish 1965): (Σ w)² / Σ w². For values between 0 and 1 it is
    rather too wide, as none vary more than those that are 0 or 1.
    """
    found = mean(sample, confidence=confidence)
    if found is None:
        return None
    n = effective(sample)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (found.value + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (found.value * (1 - found.value) / n + z**2 / (4 * n**2)) ** 0.5
    return Estimate(found.value, max(0.0, centre - half), min(1.0, centre + half), len(sample))


def effective(sample: Sequence[Sampled]) -> float:
    """The number of answers drawn alike that would say as much: (Σ w)² / Σ w² (Kish 1965); 0 for none."""
    weights = [1 / each.probability for each in sample]
    return sum(weights) ** 2 / sum(weight**2 for weight in weights) if weights else 0.0


def answered_for(drawn: Sequence[float], graded: Sequence[Sampled]) -> list[Sampled]:
    """`graded` weighing also for those of `drawn` (their probabilities) that nobody has graded yet.

    To be called for each class of answers by itself, such as those drawn by chance and those that always are: within
    a class, what is graded is taken to be like what is not.
    """
    all_weight = sum(1 / each for each in drawn)
    weight = sum(1 / each.probability for each in graded)
    factor = weight / all_weight if all_weight else 1.0
    return [Sampled(each.value, each.probability * min(factor, 1.0)) for each in graded]


def _estimate(value: float, variance: float, n: int, confidence: float) -> Estimate:
    half = NormalDist().inv_cdf((1 + confidence) / 2) * variance**0.5
    return Estimate(value, value - half, value + half, n)
