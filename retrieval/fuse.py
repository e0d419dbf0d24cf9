"""Orders what the two branches of search found by one score.

Pure: candidates with both scores filled in go in, the same candidates come out best first.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

# Chosen on the tuning halves of SQuAD and of handbook pages, with all their questions in view; `evaluate --branches`
# prints what each branch reaches alone, and docs/performance.md holds the figures.
SEMANTIC_WEIGHT = 0.4
# The chunk's sentence that is nearest to the question, see `app.corpus.sentence_vectors`.
SENTENCE_WEIGHT = 0.3
KEYWORD_WEIGHT = 0.1
# Neighbouring words of the question that stand together in the chunk, see `proximity`.
PROXIMITY_WEIGHT = 0.1
# Runs of characters of the question that the chunk has, see `overlap`.
WORDING_WEIGHT = 0.3
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


def fuse(
    candidates: Sequence[Candidate],
    closeness: Mapping[int, float] | None = None,
    wording: Mapping[int, float] | None = None,
    sentences: Mapping[int, float] | None = None,
) -> list[Scored]:
    """All candidates, best first; equal scores stand in the order of their chunk ids.

    `closeness` and `wording` hold the proximity and the overlap of each chunk for which they were computed, by chunk
    id; the others count 0. `sentences` holds the cosine of a chunk's nearest sentence; for a chunk without one its own
    cosine stands in.
    """
    near, said, nearest = closeness or {}, wording or {}, sentences or {}
    strongest = max((candidate.keyword for candidate in candidates), default=0.0) or 1.0
    scored = [
        Scored(
            each.chunk_id,
            each.document_id,
            each.semantic,
            each.keyword,
            SEMANTIC_WEIGHT * each.semantic
            + SENTENCE_WEIGHT * nearest.get(each.chunk_id, each.semantic)
            + KEYWORD_WEIGHT * each.keyword / strongest
            + PROXIMITY_WEIGHT * near.get(each.chunk_id, 0.0)
            + WORDING_WEIGHT * said.get(each.chunk_id, 0.0),
        )
        for each in candidates
    ]
    return _ordered(_with_document_bonus(_ordered(scored)))


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
