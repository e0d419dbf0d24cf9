"""Whether a question finds a document: at which ranks its passages come, and what comes before them."""

from dataclasses import dataclass

from app.answers.steps.retrieve import EVIDENCE_PASSAGES
from app.corpus.access import Reader
from retrieval.passage import Passage
from retrieval.search import MAX_LIMIT, search

MOST_RIVALS = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """`own` are the document's passages among the first `looked_at`; `before` what ranks above the best of them."""

    question: str
    own: list[Passage]
    before: list[Passage]
    looked_at: int

    @property
    def is_seen(self) -> bool:
        """Whether an answer to this question would be given the document to read."""
        return self.best_rank is not None and self.best_rank <= EVIDENCE_PASSAGES

    @property
    def best_rank(self) -> int | None:
        return self.own[0].rank if self.own else None


def find(question: str, document_id: int, reader: Reader) -> Finding:
    """Searches as `reader`, who finds only what they may read. Raises ProviderError when the encoder fails."""
    passages = search(question, reader, limit=MAX_LIMIT)
    own = [passage for passage in passages if passage.document_id == document_id]
    best = own[0].rank if own else MAX_LIMIT + 1
    before = [passage for passage in passages if passage.rank < best][:MOST_RIVALS]
    return Finding(question, own, before, looked_at=MAX_LIMIT)
