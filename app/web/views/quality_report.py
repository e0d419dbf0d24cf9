"""The report for a source's owner, as a page to print and as a table; taking it out is kept in the audit log."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from app.accounts.permissions import Permission
from app.audit.events import SOURCE_REPORT_EXPORTED, record_event
from app.quality.source_report import SourceReport, report_on
from app.web.doors import judges, permitted, reader_of, signed_in
from app.web.quality_choice import asked_in, offered
from app.web.quality_report import figures, lines


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality_source(request: HttpRequest, source_id: int) -> HttpResponse:
    report = report_for(request, source_id)
    kept(request, report, "page")
    context: dict[str, Any] = {"report": report, "figures": figures(report)}
    return render(request, "web/quality_source.html", context)


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality_source_export(request: HttpRequest, source_id: int) -> HttpResponse:
    report = report_for(request, source_id)
    kept(request, report, "csv")
    name = f"quality-source-{source_id}-{report.first.isoformat()}-{report.last.isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(lines(report), content_type="text/csv; charset=utf-8", headers=headers)


def report_for(request: HttpRequest, source_id: int) -> SourceReport:
    """Of a source that the viewer may choose; for anyone else there is none."""
    user, reader = signed_in(request), reader_of(request)
    there = offered(user, reader)
    source = next((each for each in there.sources if each.pk == source_id), None)
    if source is None:
        raise Http404
    asked = asked_in(request.GET, there)
    return report_on(
        source, asked.first, asked.last, reader, runs_it=user.may(Permission.MANAGE_SOURCES, source),
        may_review=judges(user),
    )  # fmt: skip


def kept(request: HttpRequest, report: SourceReport, form: str) -> None:
    record_event(
        signed_in(request), SOURCE_REPORT_EXPORTED, f"source:{report.source.pk}", form=form,
        first=report.first.isoformat(), last=report.last.isoformat(),
    )  # fmt: skip
