"""How good a ranking is, and whether anything in it was not the asker's to read.

A ranking holds each id once, best first (`first_of_each`); one that repeats an id is a bug and raises ValueError. Ranks
count from 1. Without any relevant id every figure is 0: leave such questions out before averaging.
"""

import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

Ranking = Sequence[Hashable]


def recall_at_k(ranked: Ranking, relevant: Collection[Hashable], k: int = 10) -> float:
    """|relevant ∩ first k| / |relevant| (Manning, Raghavan and Schütze 2008, section 8.3; trec_eval's recall)."""
    wanted = set(relevant)
    return len(wanted.intersection(_first(ranked, k))) / len(wanted) if wanted else 0.0


def precision_at_k(ranked: Ranking, relevant: Collection[Hashable], k: int = 10) -> float:
    """|relevant ∩ first k| / k (the same section; trec_eval's P): places that a short ranking leaves empty count."""
    return len(set(relevant).intersection(_first(ranked, k))) / k


def hit_at_k(ranked: Ranking, relevant: Collection[Hashable], k: int = 10) -> float:
    """1 if any relevant id is among the first k, else 0 (trec_eval's success)."""
    return float(not set(relevant).isdisjoint(_first(ranked, k)))


def mrr_at_k(ranked: Ranking, relevant: Collection[Hashable], k: int = 10) -> float:
    """One over the rank of the first relevant id within the first k, else 0 (Voorhees 1999, "TREC-8 Question Answering
    Track Report"); its mean over questions is the mean reciprocal rank."""
    return next((1 / rank for rank, found in enumerate(_first(ranked, k), start=1) if found in relevant), 0.0)


def ndcg_at_k(ranked: Ranking, relevant: Collection[Hashable], k: int = 10) -> float:
    """`graded_ndcg_at_k` with gain 1 for each relevant id."""
    return graded_ndcg_at_k(ranked, dict.fromkeys(relevant, 1.0), k)


def graded_ndcg_at_k(ranked: Ranking, grades: Mapping[Hashable, float], k: int = 10) -> float:
    """Normalised discounted cumulative gain: Σ grade(r) / log2(r + 1) over the ranks r ≤ k, divided by that sum for the
    best possible order (Järvelin and Kekäläinen 2002, with the logarithm of trec_eval and scikit-learn).

    `grades` are gains of 0 or more, taken as they are (not 2^grade - 1); an id without one has gain 0.
    """
    if any(grade < 0 for grade in grades.values()):
        raise ValueError("A grade is 0 or more.")
    found = _gain([grades.get(each, 0.0) for each in _first(ranked, k)])
    ideal = _gain(sorted(grades.values(), reverse=True)[:k])
    return found / ideal if ideal else 0.0


def access_violations(shown: Iterable[Hashable], readable: Collection[Hashable]) -> list[Hashable]:
    """What was shown although the asker may not read it, each once, in order. Count them: one is too many."""
    return first_of_each(each for each in shown if each not in readable)


def first_of_each(ids: Iterable[Hashable]) -> list[Hashable]:
    """The ids without repeats, in order: a ranking of passages becomes one of documents by their best passage."""
    return list(dict.fromkeys(ids))


def _first(ranked: Ranking, k: int) -> Ranking:
    if k < 1:
        raise ValueError(f"k is {k}, but it must be at least 1.")
    first = ranked[:k]
    if len(set(first)) < len(first):
        raise ValueError("The ranking holds an id twice. Take the first of each.")
    return first


def _gain(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
