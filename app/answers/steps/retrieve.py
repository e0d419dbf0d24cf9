"""Finds the passages that this reader may read, that the asker's filters let through, and that may hold the answer."""

from app.answers.draft import Draft
from app.telemetry.threads import in_thread
from retrieval.filters import filters_from
from retrieval.search import MAX_QUERY_CHARACTERS, search_with_terms

EVIDENCE_PASSAGES = 8


async def retrieve(draft: Draft) -> None:
    filters = filters_from(draft.filters)
    result = await in_thread(
        search_with_terms, draft.standalone, draft.reader, limit=EVIDENCE_PASSAGES, filters=filters
    )
    draft.passages, draft.idf = result.passages, result.idf()
    if len(draft.standalone) <= MAX_QUERY_CHARACTERS:
        draft.standalone = result.query
    draft.by_words_alone = result.by_words_alone
