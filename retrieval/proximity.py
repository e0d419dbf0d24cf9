"""How closely a chunk repeats the question's neighbouring words: "travel budget" says more than both words
apart.

Pure: positions of lexemes go in, as PostgreSQL's `tsvector` holds them, and a share from 0 to 1 comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

# A pair that stands this many words further apart than in the question counts half.
HALF_AT = 2

Positions = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two neighbouring lexemes of the question, how far apart they stand there, and their summed idf."""

    first: str
    second: str
    gap: int
    weight: float


def neighbouring_pairs(question: Positions, idf: Mapping[str, float]) -> list[Pair]:
    """The pairs of lexemes that follow each other in the question; stop words between them only widen the
    gap.
    """
    order = sorted((position, lexeme) for lexeme, positions in question.items() for position in positions)
    return [
        Pair(first, second, there - here, idf[first] + idf[second])
        for (here, first), (there, second) in pairwise(order)
        if first != second
    ]


def closeness(pairs: Sequence[Pair], chunk: Positions) -> float:
    """The share of the pairs' weight that the chunk repeats, each counted less the further apart its words
    stand.
    """
    total = sum(pair.weight for pair in pairs)
    held = (pair for pair in pairs if chunk.get(pair.first) and chunk.get(pair.second))
    return sum(pair.weight * _nearness(pair, chunk) for pair in held) / total if total else 0.0


def _nearness(pair: Pair, chunk: Positions) -> float:
    distance = smallest_distance(chunk[pair.first], chunk[pair.second])
    return 1 / (1 + max(0, distance - pair.gap) / HALF_AT)


def smallest_distance(first: Iterable[int], second: Iterable[int]) -> int:
    """The least number of words between an occurrence of the one and of the other; both ascending, neither
    empty.
    """
    places = sorted([(place, True) for place in first] + [(place, False) for place in second])
    return min(there - here for (here, left), (there, right) in pairwise(places) if left != right)
