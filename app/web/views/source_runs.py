"""The runs of a source: their history, starting, pausing and cancelling them, and what an admin must decide."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.accounts.permissions import Permission
from app.web.bounded_paginator import BoundedPaginator
from app.web.doors import permitted_for_source, signed_in
from app.web.source_page import found, source_page
from ingestion import sources as acts

PAGE_SIZE = 30


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def source_runs(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    page = BoundedPaginator(row.runs.order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    return source_page(request, row, "web/source_runs.html", tab="runs", page=page)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_POST
def source_sync(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    try:
        if acts.start_sync(row, actor=signed_in(request)) is None:
            messages.info(request, "A run is going on already.")
    except acts.SourceError as error:
        messages.error(request, str(error))
    return redirect("source", row.pk)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_POST
def source_pause(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    acts.pause_source(row, actor=signed_in(request))
    messages.success(request, "Paused. What is indexed keeps answering.")
    return redirect("source", row.pk)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_POST
def source_resume(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    acts.resume_source(row, actor=signed_in(request))
    messages.success(request, "Resumed.")
    return redirect("source", row.pk)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_POST
def source_cancel(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    if acts.cancel_run(row, actor=signed_in(request)):
        messages.success(request, "Cancelled. What was read so far is kept.")
    else:
        messages.info(request, "No run was going on any more.")
    return redirect("source", row.pk)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_POST
def source_removals(request: HttpRequest, source_id: int) -> HttpResponse:
    """An admin's word on a run that found more documents gone than its source may lose at once."""
    row = found(source_id)
    if request.POST.get("decision") != "approve":
        acts.refuse_removals(row, actor=signed_in(request))
        messages.success(request, "Refused. Nothing was removed; the next run looks again.")
        return redirect("source", row.pk)
    try:
        acts.approve_removals(row, actor=signed_in(request))
        messages.success(request, "Approved. A new run looks once more and removes what is still gone.")
    except acts.SourceError as error:
        messages.error(request, str(error))
    return redirect("source", row.pk)
