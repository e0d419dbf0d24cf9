"""The library: sources and documents that the reader may read, by title or by what they say."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from app.audit.events import PASSAGES_SEARCHED, record_event
from app.corpus.access import Reader
from app.providers.errors import ProviderError
from app.usage.metered import on_account_of
from app.usage.spender import Spender
from app.web.asked_for import number_asked
from app.web.doors import reader_of, signed_in
from app.web.library import matching_documents, shelves
from retrieval.passage import Passage
from retrieval.search import search

PAGE_SIZE = 30
MOST_PASSAGES = 20
MOST_QUERY_CHARACTERS = 300


@login_required
@require_GET
def library(request: HttpRequest) -> HttpResponse:
    reader, query = reader_of(request), request.GET.get("q", "").replace("\x00", "").strip()[:MOST_QUERY_CHARACTERS]
    chosen, shelf_list = request.GET.get("source", ""), shelves(reader)
    by_text = request.GET.get("in") == "text" and bool(query)
    source = number_asked(chosen)
    stale = request.GET.get("stale") == "1"
    documents = matching_documents(reader, title="" if by_text else query, source=source, stale=stale)
    passages, is_down = passages_for(query, reader) if by_text else ([], False)
    if passages:
        shown = sorted({passage.document_id for passage in passages})
        record_event(signed_in(request), PASSAGES_SEARCHED, "search", documents=shown, by="library")
    context = {
        "shelves": shelf_list, "total": sum(shelf.documents for shelf in shelf_list),
        "query": query, "chosen": source, "stale": stale, "by_text": by_text,
        "passages": passages, "search_is_down": is_down,
        "page": None if by_text else Paginator(documents, PAGE_SIZE).get_page(request.GET.get("page")),
    }  # fmt: skip
    only_results = request.headers.get("HX-Target") == "library-results"
    return render(request, "web/_library_results.html" if only_results else "web/library.html", context)


def passages_for(query: str, reader: Reader) -> tuple[list[Passage], bool]:
    """The passages, and whether search is down."""
    try:
        with on_account_of(Spender(reader.user_id, reader.group_ids)):
            return search(query, reader, limit=MOST_PASSAGES), False
    except ProviderError:
        return [], True
