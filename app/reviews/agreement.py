"""How far two people who graded the same answers agree beyond chance, question by question. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Levels = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CriterionAgreement:
    """`kappa` is None where it is undefined: everything had one level, or there is nothing."""

    name: str
    n: int
    same: int
    kappa: float | None

    @property
    def share(self) -> float | None:
        return self.same / self.n if self.n else None

    @property
    def in_words(self) -> str:
        return "" if self.kappa is None else band(self.kappa)


# The words of Landis and Koch 1977, a convention.
BANDS = ((0.8, "almost perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"), (0.0, "slight"))


def band(kappa: float) -> str:
    return next((word for above, word in BANDS if kappa >= above), "poor")


def kappa(one: Sequence[int], other: Sequence[int], levels: Sequence[int]) -> float | None:
    """Cohen's kappa; of more than two levels weighted by the square of their distance (Cohen 1968).

    1 - Σ w·observed / Σ w·expected by chance, from -1 to 1, 0 is chance. None where chance alone would agree on all.
    """
    if len(one) != len(other):
        raise ValueError("Both must have graded the same answers.")
    places = {level: place for place, level in enumerate(sorted(levels))}
    firsts, seconds = [places[each] for each in one], [places[each] for each in other]
    observed = sum(_apart(a, b) for a, b in zip(firsts, seconds, strict=True))
    often, others = Counter(firsts), Counter(seconds)
    by_chance = sum(n * m * _apart(a, b) for a, n in often.items() for b, m in others.items()) / max(len(firsts), 1)
    return 1 - observed / by_chance if by_chance else None


def _apart(one: int, other: int) -> int:
    """With two levels this is whether they differ."""
    return (one - other) ** 2


def by_criterion(
    pairs: Sequence[tuple[Levels, Levels]], levels: Mapping[str, Sequence[int]]
) -> list[CriterionAgreement]:
    """Of pairs of verdicts under one rubric, whose levels are given."""
    found = []
    for name, possible in levels.items():
        graded = [(a[name], b[name]) for a, b in pairs if name in a and name in b]
        one, other = [a for a, _ in graded], [b for _, b in graded]
        found.append(CriterionAgreement(name, len(graded), sum(a == b for a, b in graded), kappa(one, other, possible)))
    return found


def disagree(one: Levels, other: Levels) -> bool:
    """Whether any level differs: then a third person decides."""
    return dict(one) != dict(other)
