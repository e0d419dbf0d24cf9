"""How sure a figure is: its confidence interval by resampling the cases.

Everything drawn at random follows from `seed`, so that the same cases give the same interval. Cases are resampled
whole: give one value for each case (or conversation), never one for each sentence of it, or the interval is too narrow.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Method = Literal["bca", "percentile"]
RESAMPLES = 2000
DRAWS_AT_ONCE = 2_000_000
CONFIDENCE = 0.95
NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its confidence interval and the number of cases that it is of."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f}, n = {self.n})"


def mean_figure(
    values: Sequence[float | None],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: Method = "bca",
) -> Figure | None:
    """The mean of the values that are not None; None where there are none.

    By default with the bias-corrected and accelerated interval (Efron 1987; Efron and Tibshirani 1993, chapter 14). For
    values that are all the same the interval has no width: for such yes/no figures see `wilson`.
    """
    known = np.array([value for value in values if value is not None], dtype=float)
    return _Resampling(confidence, resamples, seed, method).figure(known, np.ones_like(known)) if len(known) else None


def ratio_figure(
    parts: Sequence[float],
    wholes: Sequence[float],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: Method = "bca",
) -> Figure | None:
    """Σ parts / Σ wholes with each case's part and whole resampled together: supported sentences of all sentences, or
    dollars for each right answer. None where the wholes add up to nothing; as `mean_figure` otherwise."""
    if len(parts) != len(wholes):
        raise ValueError("Each case needs a part and a whole.")
    above, below = np.array(parts, dtype=float), np.array(wholes, dtype=float)
    if any(below < 0):
        raise ValueError("A whole is 0 or more.")
    return _Resampling(confidence, resamples, seed, method).figure(above, below) if below.sum() > 0 else None


def difference_figure(
    before: Sequence[float],
    after: Sequence[float],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: Method = "bca",
) -> Figure | None:
    """The mean of after - before over the same cases in the same order, resampled by case (the paired bootstrap)."""
    differences = [new - old for old, new in zip(before, after, strict=True)]
    return mean_figure(differences, confidence=confidence, resamples=resamples, seed=seed, method=method)


def wilson(successes: int, n: int, confidence: float = CONFIDENCE) -> Figure | None:
    """A share with the score interval of Wilson 1927, which has a width even where all or none succeeded."""
    if not n:
        return None
    z = NORMAL.inv_cdf((1 + confidence) / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return Figure(share, max(0.0, middle - half), min(1.0, middle + half), n)


def quantile_figures(
    values: Sequence[float],
    shares: Sequence[float],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Figure]:
    """The values below which these shares (0 to 1) of the values lie, each with its percentile interval; [] for none.

    Interpolated between neighbours (definition 7 of Hyndman and Fan 1996). No resample goes beyond the largest value:
    of a share that fewer than a few values lie beyond, the upper end is too low.
    """
    if not len(values):
        return []
    known = np.array(values, dtype=float)
    rng, n = np.random.default_rng(seed), len(known)
    at_once = max(1, DRAWS_AT_ONCE // n)
    drawn = np.concatenate(
        [
            np.quantile(known[rng.integers(0, n, (min(at_once, resamples - start), n))], shares, axis=1)
            for start in range(0, resamples, at_once)
        ],
        axis=1,
    )
    lows, highs = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2], axis=1)
    found = zip(np.quantile(known, shares), lows, highs, strict=True)
    return [Figure(float(value), float(low), float(high), n) for value, low, high in found]


def interval(
    values: NDArray[Any],
    statistic: Callable[[NDArray[Any]], float],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[float, float]:
    """The percentile interval of any statistic of rows of `values` (Efron and Tibshirani 1993, chapter 13).

    Resamples for which the statistic is not a number are left out; (nan, nan) where it never is one.
    """
    rng, n = np.random.default_rng(seed), len(values)
    drawn = np.array([statistic(values[rng.integers(0, n, n)]) for _ in range(resamples)])
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class _Resampling:
    confidence: float
    resamples: int
    seed: int
    method: Method

    def figure(self, above: Values, below: Values) -> Figure:
        """Σ above / Σ below. Resamples whose whole is 0 have no ratio and are left out."""
        n, value = len(above), float(above.sum() / below.sum())
        drawn = np.concatenate(list(self._drawn(above, below)))
        tails = ((1 - self.confidence) / 2, (1 + self.confidence) / 2)
        if self.method == "bca":
            tails = _bca_tails(tails, value, drawn, _left_one_out(above, below))
        low, high = np.quantile(drawn, tails)
        return Figure(value, float(low), float(high), n)

    def _drawn(self, above: Values, below: Values) -> Iterator[Values]:
        """In batches, so that many cases do not need much memory; the draws are the same in any size of batch."""
        rng, n = np.random.default_rng(self.seed), len(above)
        at_once = max(1, DRAWS_AT_ONCE // n)
        for start in range(0, self.resamples, at_once):
            rows = rng.integers(0, n, (min(at_once, self.resamples - start), n))
            parts, wholes = above[rows].sum(axis=1), below[rows].sum(axis=1)
            yield parts[wholes > 0] / wholes[wholes > 0]


def _left_one_out(above: Values, below: Values) -> Values:
    totals = below.sum() - below
    return (above.sum() - above)[totals > 0] / totals[totals > 0]


def _bca_tails(tails: tuple[float, float], value: float, drawn: Values, left_out: Values) -> tuple[float, float]:
    """Which quantiles of the resampled values to take instead of `tails`."""
    rank = float(((drawn < value).sum() + (drawn <= value).sum()) / (2 * len(drawn)))
    spread = left_out.mean() - left_out if len(left_out) else left_out
    scale = float((spread**2).sum())
    # All cases alike, or all resamples on one side: there is nothing to correct by.
    if not 0 < rank < 1 or scale <= 1e-24:
        return tails
    bias, acceleration = NORMAL.inv_cdf(rank), float((spread**3).sum()) / (6 * scale**1.5)
    shifted = [bias + NORMAL.inv_cdf(tail) for tail in tails]
    low, high = (NORMAL.cdf(bias + each / (1 - acceleration * each)) for each in shifted)
    return low, high
