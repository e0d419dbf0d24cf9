"""The figures evaluations report: ranking quality with binary relevance, and short answers compared as
SQuAD does.

Pure functions: ids and strings in, numbers between 0 and 1 out.
"""

import math
import re
import string
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


def ndcg_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), gain 1 for each relevant id.

    `ranked` holds each id once, best first. Without any relevant id the figure is 0.
    """
    gain = sum(_discount(rank) for rank, found in enumerate(ranked[:k]) if found in relevant)
    ideal = sum(_discount(rank) for rank in range(min(k, len(set(relevant)))))
    return gain / ideal if ideal else 0.0


def mrr_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """One over the rank of the first relevant id within the first `k`, else 0."""
    return next((1 / rank for rank, found in enumerate(ranked[:k], start=1) if found in relevant), 0.0)


def recall_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """The share of the relevant ids that are among the first `k`."""
    wanted = set(relevant)
    return len(wanted.intersection(ranked[:k])) / len(wanted) if wanted else 0.0


def precision_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """The share of the first `k` that is relevant; a list shorter than `k` is judged by its own length."""
    first = ranked[:k]
    return sum(found in relevant for found in first) / len(first) if first else 0.0


def first_of_each(ids: Iterable[Hashable]) -> list[Hashable]:
    """The ids without repeats, in order: a ranking of passages becomes one of documents by their best
    passage.
    """
    return list(dict.fromkeys(ids))


def mean(values: Sequence[float]) -> float:
    """The average, 0 for none, so that an empty evaluation reports zeros rather than failing."""
    return sum(values) / len(values) if values else 0.0


def normalise_answer(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces: the normalisation of SQuAD's own scorer."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def contains_answer(text: str, answers: Iterable[str]) -> bool:
    """Whether any of the accepted answers occurs in the text as whole words, after normalisation."""
    padded = f" {normalise_answer(text)} "
    normalised = (normalise_answer(answer) for answer in answers)
    return any(f" {answer} " in padded for answer in normalised if answer)


def exact_match(predicted: str, answers: Iterable[str]) -> bool:
    """Whether the prediction equals any accepted answer after normalisation."""
    return normalise_answer(predicted) in {normalise_answer(answer) for answer in answers}


def token_f1(predicted: str, reference: str) -> float:
    """Harmonic mean of precision and recall over the bag of normalised words; two empty texts agree fully."""
    left, right = normalise_answer(predicted).split(), normalise_answer(reference).split()
    if not left or not right:
        return float(left == right)
    shared = sum((Counter(left) & Counter(right)).values())
    return 2 * shared / (len(left) + len(right))


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 2)
