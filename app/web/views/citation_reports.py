"""A reader says that a source does not say what an answer claims of it, and may take that back."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from app.answers.citation_reports import report_citation, take_back
from app.answers.models import Citation
from app.answers.shown import ShownCitation, shown_answer
from app.telemetry.metrics import CITATION_REPORTS
from app.web.doors import reader_of, signed_in
from app.web.forms import CitationReportForm
from app.web.views.answers import answer_part, own_answer


@login_required
@require_http_methods(["GET", "POST"])
def citation_report(request: HttpRequest, citation_id: int) -> HttpResponse:
    """One report per citation; a later one replaces its comment."""
    citation = own_citation(request, citation_id)
    form = CitationReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        CITATION_REPORTS.inc(report_citation(citation, **form.cleaned_data))
        return shown_again(request, citation)
    context = {"citation": seen(request, citation), "form": form, "answer_id": citation.answer_id}
    return render(request, "web/citation_report.html", context)


@login_required
@require_POST
def citation_report_undo(request: HttpRequest, citation_id: int) -> HttpResponse:
    citation = own_citation(request, citation_id)
    take_back(citation)
    return shown_again(request, citation)


def own_citation(request: HttpRequest, citation_id: int) -> Citation:
    rows = Citation.objects.select_related("answer__question")
    return get_object_or_404(rows, pk=citation_id, answer__question__conversation__user=signed_in(request))


def seen(request: HttpRequest, citation: Citation) -> ShownCitation:
    """The citation as its reader may see it now; a withheld one does not exist."""
    shown = shown_answer(citation.answer, reader_of(request))
    for each in shown.citations:
        if each.citation_id == citation.pk:
            return each
    raise Http404


def shown_again(request: HttpRequest, citation: Citation) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return redirect("conversation", citation.answer.question.conversation_id)
    return answer_part(request, own_answer(request, citation.answer_id))
