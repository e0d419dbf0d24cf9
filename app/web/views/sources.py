"""Sources, for those who run them: theirs at a glance, and one with its documents."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from app.accounts.permissions import Permission
from app.corpus.models import Source
from app.web.bounded_paginator import BoundedPaginator
from app.web.doors import permitted_for_some_source, permitted_for_source, signed_in
from app.web.source_documents import STATE_CHOICES, documents_of
from app.web.source_overview import MANY_SOURCES, filtered, grouped_by_kind, overviews
from app.web.source_page import found, frame, group_names, source_page

PAGE_SIZE = 40


@permitted_for_some_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def sources(request: HttpRequest) -> HttpResponse:
    every = overviews(Source.objects.managed_by(signed_in(request)).select_related("access_set").order_by("name"))
    query, kind, state = (asked(request, name) for name in ("q", "kind", "state"))
    rows = filtered(every, query=query, kind=kind, state=state)
    context = {
        "every": every, "rows": rows, "kind_groups": grouped_by_kind(rows), "groups": group_names(),
        "kinds": sorted({(row.source.kind, row.status.kind_label) for row in every}, key=lambda pair: pair[1]),
        "has_filters": len(every) > MANY_SOURCES, "query": query, "kind": kind, "state": state,
        "is_busy": any(row.is_running for row in every),
        "documents": sum(row.status.searchable for row in every),
        "failed": sum(row.status.failed for row in every),
        "troubled": sum(row.health.is_trouble for row in every),
    }  # fmt: skip
    part = request.headers.get("HX-Target") == "source-list"
    return render(request, "web/_source_list.html" if part else "web/sources.html", context)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def source(request: HttpRequest, source_id: int) -> HttpResponse:
    row, query, state = found(source_id), asked(request, "q"), asked(request, "state")
    documents = documents_of(row, query=query, state=state)
    page = BoundedPaginator(documents, PAGE_SIZE).get_page(request.GET.get("page"))
    return source_page(
        request, row, "web/source.html", tab="documents", page=page, query=query, state=state, states=STATE_CHOICES
    )


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def source_state(request: HttpRequest, source_id: int) -> HttpResponse:
    """The status alone, asked for again and again while there is work; its end makes the page refresh its lists."""
    row = found(source_id)
    if not request.headers.get("HX-Request"):
        return redirect("source", row.pk)
    context = frame(row)
    response = render(request, "web/_source_status.html", context)
    response.headers["HX-Trigger"] = "source-changed" if context["overview"].is_running else "source-settled"
    return response


def asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()
