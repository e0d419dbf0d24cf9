"""What a source's index was made with and what reading it told; making it anew, and going back to the one before."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.permissions import Permission
from app.corpus.models import IndexGeneration, Source
from app.web.doors import permitted_for_source, signed_in
from app.web.source_contents import contents_of
from app.web.source_page import found, source_page
from ingestion.reindex import generation_status
from ingestion.sources import SourceError, cancel_reindex, discard_index, reindex_source, rollback_index


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def source_index(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    generations = generation_status(row)
    context: dict[str, Any] = {
        "generations": generations,
        "is_building": any(each.state == IndexGeneration.State.BUILDING for each in generations),
    }
    if request.headers.get("HX-Target") == "generations":
        return render(request, "web/_generations.html", {"source": row, **context})
    return source_page(request, row, "web/source_index.html", tab="index", contents=contents_of(row), **context)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_http_methods(["GET", "POST"])
def source_reindex(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    if request.method == "POST":
        return done(request, row, reindex_source, "Re-indexing; the present index answers until it is done.")
    text = (
        f"All {row.documents.count():,} documents are read, cut and embedded anew in the background. Answers come from "
        "the present index until the new one is complete, and you can go back afterwards."
    )
    return confirmation(request, row, heading="Re-index all documents?", submit="Re-index all", text=text)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_POST
def source_reindex_cancel(request: HttpRequest, source_id: int) -> HttpResponse:
    return done(request, found(source_id), cancel_reindex, "Cancelled. The present index answers as before.")


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_http_methods(["GET", "POST"])
def source_rollback(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    if request.method == "POST":
        return done(request, row, rollback_index, "Going back. Documents that changed since are brought over first.")
    text = (
        "Answers come from the former index as soon as it holds what changed since. The present one is kept in its "
        "place, and nothing is re-indexed by itself until you ask for it."
    )
    return confirmation(request, row, heading="Go back to the former index?", submit="Go back", text=text)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_http_methods(["GET", "POST"])
def source_discard(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    if request.method == "POST":
        return done(request, row, discard_index, "The former index is being deleted.")
    text = "Its passages and vectors are deleted in the background. Going back is not possible after that."
    return confirmation(request, row, heading="Discard the former index?", submit="Discard", text=text)


def done(request: HttpRequest, row: Source, act: Callable[..., Any], words: str) -> HttpResponse:
    try:
        act(row, actor=signed_in(request))
    except SourceError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words)
    return redirect("source_index", row.pk)


def confirmation(request: HttpRequest, row: Source, **words: str) -> HttpResponse:
    context = {**words, "action": request.path, "cancel": f"/sources/{row.pk}/index/"}
    return render(request, "web/confirm.html", context)
