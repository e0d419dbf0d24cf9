"""Two runs case by case: which cases broke or got better, and whether a figure differs by more than chance. Pure.

Every figure is over the cases that both runs asked in the same words. Yes/no figures by McNemar's exact test, others by
the randomisation test; Holm's correction makes up for testing several at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.quality.intervals import Figure, difference_figure
from app.quality.paired import holm, mcnemar, randomisation

LEVEL = 0.05
YES_NO = frozenset(("passed", "right_outcome"))

Change = Literal["broke", "mended", "other", "same"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How one case ended in a run.

    `asked` stands for the case as it was put and what was right, `answer` for what was said; both are only compared.
    """

    case: str
    asked: str
    answer: str
    outcome: str
    passed: bool
    is_safe: bool
    figures: Mapping[str, float | None]

    @property
    def rank(self) -> int:
        """Unsafe is worse than wrong."""
        return 2 if self.passed else 1 if self.is_safe else 0


@dataclass(frozen=True, slots=True)
class Tested:
    """One figure over the cases that have it in both runs; `p` is two-sided and adjusted."""

    name: str
    before: float
    after: float
    difference: Figure
    p: float

    @property
    def is_beyond_chance(self) -> bool:
        return self.p < LEVEL


@dataclass(frozen=True, slots=True)
class Compared:
    """`pairs` in the order of `before`. `reworded` were asked or judged otherwise in the other run."""

    pairs: Sequence[tuple[Ended, Ended]]
    tested: Sequence[Tested]
    reworded: Sequence[str]
    only_before: Sequence[str]
    only_after: Sequence[str]

    def of(self, change: Change) -> list[tuple[Ended, Ended]]:
        return [pair for pair in self.pairs if change_of(*pair) == change]


def compared(before: Iterable[Ended], after: Iterable[Ended], names: Sequence[str]) -> Compared:
    """`names` are the figures to test, besides "passed"."""
    old, new = {each.case: each for each in before}, {each.case: each for each in after}
    both = [case for case in old if case in new]
    pairs = [(old[case], new[case]) for case in both if old[case].asked == new[case].asked]
    return Compared(
        pairs=pairs,
        tested=_tested(pairs, names),
        reworded=[case for case in both if old[case].asked != new[case].asked],
        only_before=[case for case in old if case not in new],
        only_after=[case for case in new if case not in old],
    )


def change_of(before: Ended, after: Ended) -> Change:
    """Broke: it passed and does not any more, or it was safe and is not any more; mended is the contrary."""
    if after.rank != before.rank:
        return "broke" if after.rank < before.rank else "mended"
    is_other = (before.outcome, before.answer) != (after.outcome, after.answer)
    return "other" if is_other else "same"


def _tested(pairs: Sequence[tuple[Ended, Ended]], names: Sequence[str]) -> list[Tested]:
    values = {name: _values(pairs, name) for name in dict.fromkeys(("passed", *names))}
    known = {name: found for name, found in values.items() if found[0]}
    p_values = holm({name: _p(name, *found) for name, found in known.items()})
    return [
        Tested(name, _mean(old), _mean(new), difference, p_values[name])
        for name, (old, new) in known.items()
        if (difference := difference_figure(old, new)) is not None
    ]


def _values(pairs: Sequence[tuple[Ended, Ended]], name: str) -> tuple[list[float], list[float]]:
    both = [(_figure(old, name), _figure(new, name)) for old, new in pairs]
    known = [(old, new) for old, new in both if old is not None and new is not None]
    return [old for old, _ in known], [new for _, new in known]


def _figure(ended: Ended, name: str) -> float | None:
    return float(ended.passed) if name == "passed" else ended.figures.get(name)


def _p(name: str, before: Sequence[float], after: Sequence[float]) -> float:
    if name in YES_NO:
        return mcnemar([bool(old) for old in before], [bool(new) for new in after])
    return randomisation(before, after)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
