"""Orders the evidence for answering: what is past its review date comes after what is not."""

from dataclasses import replace

from app.answers.draft import Draft
from retrieval.passage import Passage

# In units of the search score, where 1 is a perfect match: enough to put a current passage before a
# stale one of about the same relevance, too little to put an irrelevant one there.
STALE_DEMOTION = 0.15


async def assemble(draft: Draft) -> None:
    ordered = sorted(draft.passages, key=lambda passage: -usefulness(passage))
    draft.passages = [replace(passage, rank=rank) for rank, passage in enumerate(ordered, start=1)]


def usefulness(passage: Passage) -> float:
    return passage.score - (STALE_DEMOTION if passage.is_stale else 0.0)
