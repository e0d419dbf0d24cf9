"""What a source could not read: each document with its reason, what to do, and another try."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.accounts.permissions import Permission
from app.web.asked_for import number_asked
from app.web.bounded_paginator import BoundedPaginator
from app.web.doors import permitted_for_source, signed_in
from app.web.failure_words import reason_label, reason_labels
from app.web.source_page import found, source_page
from app.web.views.sources import asked
from ingestion.models import DocumentFailure
from ingestion.sources import retry_failures

PAGE_SIZE = 40


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def source_failures(request: HttpRequest, source_id: int) -> HttpResponse:
    row, query, reason = found(source_id), asked(request, "q"), asked(request, "reason")
    failures = DocumentFailure.objects.filter(document__source=row)
    counts = failures.order_by().values_list("reason").annotate(Count("pk"))
    reasons = sorted(((name, reason_label(name), count) for name, count in counts), key=lambda each: -each[2])
    shown = failures.select_related("document__job").order_by("-last_at", "pk")
    if reason in reason_labels():
        shown = shown.filter(reason=reason)
    if query:
        shown = shown.filter(Q(document__title__icontains=query) | Q(document__external_id__icontains=query))
    page = BoundedPaginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "reasons": reasons, "reason": reason, "query": query, "tab": "failures"}
    return source_page(request, row, "web/source_failures.html", **context)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_POST
def source_retry(request: HttpRequest, source_id: int) -> HttpResponse:
    """Try one failed document again, those selected, or all of them."""
    row = found(source_id)
    given = request.POST.getlist("document")
    chosen = [number for key in given if (number := number_asked(key)) is not None]
    if not chosen and (given or request.POST.get("which") == "selected"):
        messages.info(request, "Nothing was selected.")
        return redirect("source_failures", row.pk)
    count = retry_failures(row, actor=signed_in(request), document_ids=chosen or None)
    messages.info(request, f"Trying {count:,} document{'' if count == 1 else 's'} again.")
    if len(chosen) == 1 and request.POST.get("from") == "document":
        return redirect("source_document", row.pk, chosen[0])
    return redirect("source_failures", row.pk)
