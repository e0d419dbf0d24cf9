"""How far two graders agree beyond chance: two people, or a model and people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.quality.intervals import Figure, interval, wilson
from evals.metrics.confusion import Confusion

Weights = Literal["none", "linear", "quadratic"]
Label = str | int
BANDS = ((0.8, "almost perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"), (0.0, "slight"))


@dataclass(frozen=True, slots=True)
class Agreement:
    """`kappa` is None where it is undefined: both gave everything the same one label, or there is nothing."""

    observed: Figure | None
    kappa: Figure | None
    confusion: Confusion

    @property
    def n(self) -> int:
        return self.confusion.total


def cohen_kappa(
    one: Sequence[Label], other: Sequence[Label], labels: Sequence[Label], weights: Weights = "none"
) -> float | None:
    """1 - Σ w·observed / Σ w·expected by chance (Cohen 1960; weighted, Cohen 1968). From -1 to 1, 0 is chance.

    `w` is 0 on the diagonal and elsewhere 1, |i - j| ("linear") or (i - j)² ("quadratic") of the labels' places: for
    levels give them in order. None where chance alone would agree on everything.
    """
    return _kappa(_counts(one, other, labels), weights)


def agreement(
    one: Sequence[Label], other: Sequence[Label], labels: Sequence[Label], weights: Weights = "none", *, seed: int = 0
) -> Agreement:
    """Shares of equal labels (Wilson's interval) and kappa (percentile bootstrap over the items), with the confusion.

    Rows of the confusion are `one`'s labels: give the people first.
    """
    matrix = Confusion.of(((str(a), str(b)) for a, b in zip(one, other, strict=True)), [str(each) for each in labels])
    same = sum(a == b for a, b in zip(one, other, strict=True))
    return Agreement(wilson(same, len(one)), _kappa_figure(one, other, labels, weights, seed), matrix)


def band(kappa: float) -> str:
    """The word of Landis and Koch 1977 for a kappa, for readers who know it; the bands are a convention."""
    return next((word for above, word in BANDS if kappa >= above), "poor")


def _kappa_figure(
    one: Sequence[Label], other: Sequence[Label], labels: Sequence[Label], weights: Weights, seed: int
) -> Figure | None:
    value = cohen_kappa(one, other, labels, weights)
    if value is None:
        return None
    places = np.array([_places(one, labels), _places(other, labels)]).T

    def resampled(rows: NDArray[np.int64]) -> float:
        kappa = _kappa(_count_places(rows[:, 0], rows[:, 1], len(labels)), weights)
        return float("nan") if kappa is None else kappa

    low, high = interval(places, resampled, seed=seed)
    return Figure(value, low, high, len(one))


def _counts(one: Sequence[Label], other: Sequence[Label], labels: Sequence[Label]) -> NDArray[np.float64]:
    if len(one) != len(other):
        raise ValueError("Both must have labelled the same items.")
    return _count_places(np.array(_places(one, labels)), np.array(_places(other, labels)), len(labels))


def _places(said: Sequence[Label], labels: Sequence[Label]) -> list[int]:
    """Raises ValueError for a label that is not among `labels`."""
    return [list(labels).index(label) for label in said]


def _count_places(one: NDArray[np.int64], other: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    flat = one.astype(int) * size + other.astype(int)
    return np.bincount(flat, minlength=size * size).reshape(size, size).astype(float)


def _kappa(counts: NDArray[np.float64], weights: Weights) -> float | None:
    if not counts.sum():
        return None
    apart = np.abs(np.subtract.outer(np.arange(len(counts)), np.arange(len(counts)))).astype(float)
    cost = {"none": (apart > 0).astype(float), "linear": apart, "quadratic": apart**2}[weights]
    by_chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    expected = float((cost * by_chance).sum())
    return 1 - float((cost * counts).sum()) / expected if expected else None
