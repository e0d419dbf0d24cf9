"""`POST /search`: the best passages that the caller may read."""

import asyncio
import time

from django.conf import settings
from ninja import Field, Router, Schema

from app.accounts.scopes import Scope
from app.answers.reply import DocumentRef
from app.api.authentication import ApiKeyAuth, ApiRequest, Caller
from app.api.fields import Asked, RequestBody
from app.api.filters import FiltersIn, checked_filters
from app.api.problems import ProblemError
from app.audit.events import PASSAGES_SEARCHED, record_event
from app.telemetry.threads import in_thread
from app.usage.admission import TooMany, Window, admit
from app.usage.limit_words import limits_of
from app.usage.metered import on_account_of
from app.usage.rate_headers import headers_of, refusal_headers
from app.usage.spender import Spender
from retrieval.filters import filters_from
from retrieval.passage import Passage
from retrieval.search import MAX_LIMIT, search

router = Router(tags=["search"])
SEARCH_TIMEOUT_S = 30


class SearchIn(RequestBody):
    query: Asked
    limit: int = Field(10, ge=1, le=MAX_LIMIT)
    filters: FiltersIn | None = Field(None, description="Narrow the search.")


class PassageOut(Schema):
    id: int
    text: str
    heading: str
    score: float
    rank: int
    document: DocumentRef


class SearchOut(Schema):
    passages: list[PassageOut]
    took_ms: float


@router.post(
    "/search", response=SearchOut, operation_id="search", auth=ApiKeyAuth(Scope.SEARCH), summary="Search passages"
)
async def search_passages(request: ApiRequest, wanted: SearchIn) -> SearchOut:
    """Passages in order of relevance, of documents that you may read."""
    request.limit_headers = headers_of(await in_thread(admit_search, request.auth))
    filters = filters_from(await in_thread(checked_filters, request.auth, wanted.filters))
    started = time.perf_counter()
    finding = in_thread(search, wanted.query, request.auth.reader, limit=wanted.limit, filters=filters)
    try:
        with on_account_of(spender_of(request.auth)):
            found = await asyncio.wait_for(finding, SEARCH_TIMEOUT_S)
    except TimeoutError:
        raise ProblemError(504) from None
    took_ms = (time.perf_counter() - started) * 1000
    await in_thread(audit_search, request.auth, wanted.query, found)
    return SearchOut(passages=[passage_out(passage) for passage in found], took_ms=round(took_ms, 1))


def admit_search(caller: Caller) -> tuple[Window, ...]:
    """Count the search. Raises a problem with status 429 where a limit is reached."""
    try:
        return admit(spender_of(caller), limits_of(tuple(settings.ATTEST_SEARCH_LIMITS)), "search")
    except TooMany as refusal:
        raise ProblemError(429, str(refusal), headers=refusal_headers(refusal)) from None


def audit_search(caller: Caller, query: str, found: list[Passage]) -> None:
    """Which documents' text was given out; the words of the query only where the policy says so."""
    words = {"text": query} if settings.ATTEST_AUDIT_QUESTIONS == "text" else {}
    documents = sorted({passage.document_id for passage in found})
    record_event(caller.user, PASSAGES_SEARCHED, "search", documents=documents, by="api", **words)


def spender_of(caller: Caller) -> Spender:
    return Spender(caller.reader.user_id, caller.reader.group_ids)


def passage_out(passage: Passage) -> PassageOut:
    document = DocumentRef(
        id=passage.document_id,
        external_id=passage.external_id,
        title=passage.title,
        url=passage.url,
        source=passage.source,
        updated_at=passage.updated_at,
        is_stale=passage.is_stale,
    )
    return PassageOut(
        id=passage.chunk_id,
        text=passage.text,
        heading=passage.section,
        score=passage.score,
        rank=passage.rank,
        document=document,
    )
