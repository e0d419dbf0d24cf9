"""Reports of wrong citations, for admins and reviewers: what is open, what was found, and settling one.

Words of answers and of readers are shown here, so each look is audited.
"""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from app.accounts.permissions import Permission
from app.answers.citation_reports import settle
from app.answers.models import CitationReport
from app.audit.events import ANSWER_LOOKED_AT, ANSWERS_LISTED, record_event
from app.web.doors import permitted, reader_of, signed_in
from app.web.forms import SettleForm
from app.web.reported import reported

PAGE_SIZE = 20


@permitted(Permission.REVIEW)
@require_GET
@never_cache
def reports(request: HttpRequest) -> HttpResponse:
    """Open ones, the oldest first; or settled ones, the latest first."""
    is_settled, reader = request.GET.get("state") == "settled", reader_of(request)
    rows = all_reports().filter(settled_at__isnull=not is_settled)
    page = Paginator(rows.order_by("-settled_at" if is_settled else "created_at", "pk"), PAGE_SIZE)
    shown = page.get_page(request.GET.get("page"))
    items = [reported(each, reader) for each in shown]
    if seen := sorted({item.answer_id for item in items if item.citation is not None}):
        record_event(signed_in(request), ANSWERS_LISTED, "citation_reports", answers=seen)
    context = {
        "page": shown, "items": items, "is_settled": is_settled,
        "open": CitationReport.objects.filter(settled_at=None).count(),
        "settled": CitationReport.objects.exclude(settled_at=None).count(),
    }  # fmt: skip
    return render(request, "web/reports.html", context)


@permitted(Permission.REVIEW)
@require_http_methods(["GET", "POST"])
def report_settle(request: HttpRequest, report_id: int) -> HttpResponse:
    """For whoever may read what it is about; nobody else can tell."""
    report = get_object_or_404(all_reports(), pk=report_id)
    item = reported(report, reader_of(request))
    if item.citation is None:
        raise Http404
    if request.method == "GET":
        record_event(signed_in(request), ANSWER_LOOKED_AT, f"answer:{item.answer_id}")
    form = SettleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        settle(signed_in(request), report, **form.cleaned_data)
        messages.success(request, "The report is settled.")
        return redirect("reports")
    status = 422 if form.errors else 200
    return render(request, "web/report_settle.html", {"item": item, "form": form}, status=status)


def all_reports() -> "QuerySet[CitationReport]":
    return CitationReport.objects.select_related("citation__evidence", "citation__answer__question", "settled_by")
