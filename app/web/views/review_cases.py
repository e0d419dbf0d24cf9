"""Evaluation cases from graded answers: writing a draft, and deciding about another person's."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from app.accounts.permissions import Permission
from app.audit.events import ANSWER_LOOKED_AT, record_event
from app.reviews.cases import CaseProblemError, decide, draft_case, gold_of, may_read_case, suggested
from app.reviews.models import CaseDraft, ReviewItem
from app.reviews.queue import NotYoursError, Round, round_for
from app.web.asked_for import text_asked
from app.web.doors import permitted, reader_of, signed_in
from app.web.review_forms import CaseForm, initial_of
from app.web.views.review import item_of, refuse_closed
from app.web.views.reviews import drafts_waiting

PAGE_SIZE = 20
WAITING_FIRST = Case(When(state=CaseDraft.State.DRAFT, then=0), default=1)


@permitted(Permission.REVIEW)
@require_GET
@never_cache
def review_cases(request: HttpRequest) -> HttpResponse:
    """Those that wait first; a case that quotes what the visitor may not read is a line without words."""
    reader, user = reader_of(request), signed_in(request)
    rows = CaseDraft.objects.select_related("author", "decided_by", "item__answer__question")
    page = Paginator(rows.order_by(WAITING_FIRST, "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    items = [(case, may_read_case(case, reader), case.author_id == user.pk) for case in page]
    return render(request, "web/review_cases.html", {"page": page, "items": items, "drafts": drafts_waiting()})


@permitted(Permission.REVIEW)
@require_http_methods(["GET", "POST"])
@never_cache
def review_case(request: HttpRequest, item_id: int) -> HttpResponse:
    """A draft from a graded answer, for those who may read all of it and do not grade it themselves any more."""
    item, user = item_of(item_id), signed_in(request)
    refuse_closed(request, item)
    if item.state != ReviewItem.State.DONE or is_blind(item, request):
        raise Http404
    if request.method == "GET":
        record_event(user, ANSWER_LOOKED_AT, f"answer:{item.answer_id}")
    text = suggested(item, user)
    form = CaseForm(gold_of(item.answer), text.history, request.POST or None, initial=initial_of(text))
    if request.method == "POST" and form.is_valid():
        try:
            draft_case(item, user, reader_of(request), form.text())
        except CaseProblemError as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        else:
            messages.success(request, "The case is drafted. Another person approves it.")
            return redirect("review_cases")
    context = {"item": item, "form": form, "history": text.history, "drafts": drafts_waiting()}
    return render(request, "web/review_case.html", context, status=422 if form.errors else 200)


def is_blind(item: ReviewItem, request: HttpRequest) -> bool:
    """Whether the visitor is still to grade it as calibration, without knowing."""
    try:
        return round_for(item, signed_in(request)) == Round.CALIBRATION
    except NotYoursError:
        return False


@permitted(Permission.REVIEW)
@require_http_methods(["GET", "POST"])
@never_cache
def review_case_decide(request: HttpRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(CaseDraft.objects.select_related("author", "item__answer__question"), pk=case_id)
    reader, user = reader_of(request), signed_in(request)
    if not may_read_case(case, reader):
        raise Http404
    if request.method == "POST":
        is_approved, note = request.POST.get("decision") == "approve", text_asked(request.POST, "note")
        try:
            decide(case.pk, user, reader, is_approved=is_approved, note=note)
            messages.success(request, "Approved. The next export holds it." if is_approved else "Sent back.")
        except NotYoursError as error:
            messages.error(request, str(error))
        return redirect("review_cases")
    context = {"case": case, "is_own": case.author_id == user.pk, "drafts": drafts_waiting()}
    return render(request, "web/review_case_decide.html", context)
