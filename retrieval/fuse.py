"""Orders what the two branches of search found by one score.

Pure: candidates with both scores filled in go in, the same candidates come out best first.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

# nDCG@10 of documents by the product's own index (chunks of at most 100 tokens, 60 candidates of each branch):
#                                                      SQuAD    handbook
#   cosine alone                                       0.847    0.644
#   BM25 alone (k1 0.9, b 0.4)                         0.884    0.621
#   0.7 cosine + 0.3 BM25                              0.920    0.687
#   as below                                           0.923    0.708
# Proximity and the document bonus pay on pages of many sections and cost little elsewhere. Chosen with all questions of
# these tuning halves in view. The first three rows come from exploration; docs/performance.md says how.
SEMANTIC_WEIGHT = 0.7
KEYWORD_WEIGHT = 0.15
# Neighbouring words of the question that stand together in the chunk, see `proximity`.
PROXIMITY_WEIGHT = 0.2
# A document with further good passages is more often the right one. More than this favours long documents.
DOCUMENT_WEIGHT = 0.05
FURTHER_PASSAGES = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that a branch found, with its cosine and its BM25 score, whichever branch it was."""

    chunk_id: int
    document_id: int
    semantic: float
    keyword: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with the score that ranks it."""

    chunk_id: int
    document_id: int
    semantic: float
    keyword: float
    score: float


def fuse(candidates: Sequence[Candidate], closeness: Mapping[int, float] | None = None) -> list[Scored]:
    """All candidates, best first; equal scores stand in the order of their chunk ids.

    `closeness` holds the proximity of each chunk for which it was computed, by chunk id; the others count 0.
    """
    near = closeness or {}
    strongest = max((candidate.keyword for candidate in candidates), default=0.0) or 1.0
    scored = [_scored(candidate, strongest, near.get(candidate.chunk_id, 0.0)) for candidate in candidates]
    return _ordered(_with_document_bonus(_ordered(scored)))


def _scored(candidate: Candidate, strongest: float, near: float) -> Scored:
    score = (
        SEMANTIC_WEIGHT * candidate.semantic + KEYWORD_WEIGHT * candidate.keyword / strongest + PROXIMITY_WEIGHT * near
    )
    return Scored(candidate.chunk_id, candidate.document_id, candidate.semantic, candidate.keyword, score)


def _with_document_bonus(ranked: Sequence[Scored]) -> list[Scored]:
    """Every passage of a document gains the same, so that its passages keep their order among themselves."""
    of_document: dict[int, list[float]] = defaultdict(list)
    for item in ranked:
        of_document[item.document_id].append(item.score)
    bonus = {document: _bonus(scores[1 : 1 + FURTHER_PASSAGES]) for document, scores in of_document.items()}
    return [replace(item, score=item.score + bonus[item.document_id]) for item in ranked]


def _bonus(further: Sequence[float]) -> float:
    return DOCUMENT_WEIGHT * sum(max(score, 0.0) / place for place, score in enumerate(further, start=1))


def _ordered(scored: Sequence[Scored]) -> list[Scored]:
    return sorted(scored, key=lambda item: (-item.score, item.chunk_id))
