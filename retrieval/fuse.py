"""Orders what the two branches of search found by one score: a weighted sum of cosine and scaled BM25.

Pure: candidates with both scores filled in go in, the same candidates come out best first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SEMANTIC_WEIGHT = 0.7
KEYWORD_WEIGHT = 0.3


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


def fuse(candidates: Sequence[Candidate]) -> list[Scored]:
    """All candidates, best first; equal scores stand in the order of their chunk ids."""
    strongest = max((candidate.keyword for candidate in candidates), default=0.0) or 1.0
    scored = [
        Scored(
            candidate.chunk_id,
            candidate.document_id,
            candidate.semantic,
            candidate.keyword,
            SEMANTIC_WEIGHT * candidate.semantic + KEYWORD_WEIGHT * candidate.keyword / strongest,
        )
        for candidate in candidates
    ]
    return sorted(scored, key=lambda item: (-item.score, item.chunk_id))
