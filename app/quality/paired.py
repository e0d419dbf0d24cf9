"""Whether a change made the same cases better or worse, beyond chance: what a release gate asks.

Yes/no figures by McNemar's exact test, others by the randomisation test; `holm` where several figures are
tested at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, fsum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Alternative = Literal["two-sided", "worse", "better"]
# Up to so many cases that differ, all their 2^n signs are tried; beyond, `resamples` of them.
MOST_EXACT = 12
RESAMPLES = 10_000
# Sums that differ by rounding alone count as equal.
SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Flips:
    """Of cases that were right (or wrong) before, how many changed."""

    broke: int
    mended: int


def flips(before: Sequence[bool], after: Sequence[bool]) -> Flips:
    pairs = list(zip(before, after, strict=True))
    return Flips(sum(old and not new for old, new in pairs), sum(new and not old for old, new in pairs))


def mcnemar(before: Sequence[bool], after: Sequence[bool], alternative: Alternative = "two-sided") -> float:
    """The p-value of McNemar's exact test (McNemar 1947): each case that changed is a fair coin under "no difference".

    "worse": that as many or more broke by chance; "better": that as many or more were mended.
    """
    changed = flips(before, after)
    n = changed.broke + changed.mended
    if alternative == "two-sided":
        return min(1.0, 2 * _coins(max(changed.broke, changed.mended), n))
    return _coins(changed.broke if alternative == "worse" else changed.mended, n)


def randomisation(
    before: Sequence[float],
    after: Sequence[float],
    alternative: Alternative = "two-sided",
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> float:
    """The p-value of Fisher's randomisation test on the mean difference, as Smucker, Allan and Carterette 2007 advise
    for ranking figures: under "no difference" each case's difference is as likely to have the other sign.

    Exact for up to 12 cases that differ. Otherwise (1 + as extreme) / (1 + resamples), which is never 0 (Phipson and
    Smyth 2010). It assumes no shape of the differences, and copes with many ties.
    """
    differences = np.array([new - old for old, new in zip(before, after, strict=True)], dtype=float)
    differences = differences[np.abs(differences) > SAME]
    if not len(differences):
        return 1.0
    if len(differences) <= MOST_EXACT:
        signs = np.array(list(product((1.0, -1.0), repeat=len(differences))))
        return float(_as_extreme(signs @ differences, differences, alternative).mean())
    rng = np.random.default_rng(seed)
    signs = rng.choice((1.0, -1.0), size=(resamples, len(differences)))
    return float((1 + _as_extreme(signs @ differences, differences, alternative).sum()) / (1 + resamples))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """The p-values adjusted for being tested together (Holm 1979): compare each with the level as it is.

    The i-th smallest of m becomes max over j ≤ i of min(1, (m - j + 1)·p_j). The chance of even one false alarm among
    all figures then stays below the level, however they depend on each other.
    """
    adjusted: dict[str, float] = {}
    highest = 0.0
    for at, name in enumerate(sorted(p_values, key=lambda each: p_values[each])):
        highest = max(highest, min(1.0, (len(p_values) - at) * p_values[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in p_values}


def _coins(heads: int, n: int) -> float:
    """The chance of at least so many heads in n tosses."""
    return fsum(comb(n, count) / 2**n for count in range(heads, n + 1))


def _as_extreme(
    sums: NDArray[np.float64], differences: NDArray[np.float64], alternative: Alternative
) -> NDArray[np.bool_]:
    seen = float(differences.sum())
    tolerance = SAME * float(np.abs(differences).sum())
    if alternative == "two-sided":
        return np.abs(sums) >= abs(seen) - tolerance
    return sums <= seen + tolerance if alternative == "worse" else sums >= seen - tolerance
