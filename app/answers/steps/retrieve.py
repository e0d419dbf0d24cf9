"""Finds the passages that this reader may read and that may hold the answer."""

from app.answers.draft import Draft
from app.telemetry.threads import in_thread
from retrieval.search import search_with_terms

EVIDENCE_PASSAGES = 8


async def retrieve(draft: Draft) -> None:
    result = await in_thread(search_with_terms, draft.standalone, draft.reader, limit=EVIDENCE_PASSAGES)
    draft.passages, draft.idf = result.passages, result.idf()
