"""One answer to grade: opening it, saving a verdict, setting it aside, and undoing."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts.models import User
from app.accounts.permissions import Permission
from app.answers.looking import may_be_looked_at
from app.audit.events import ANSWER_LOOKED_AT, record_event
from app.reviews.calibration import make_calibration, retire_calibration
from app.reviews.models import ReviewItem
from app.reviews.queue import (
    NotYoursError,
    Opened,
    last_act,
    open_item,
    progress_of,
    save_verdict,
    set_aside,
    settle_flag,
    undo_last,
)
from app.reviews.rubric import RUBRICS, GradesError, newest
from app.reviews.seen import seen
from app.web.asked_for import number_asked
from app.web.doors import permitted, reader_of, signed_in
from app.web.review_forms import SetAsideForm, VerdictForm, initial_from
from app.web.review_page import ReviewPage, taken_back, verdicts_shown

CLOSED = "You may not read every passage of this answer, so somebody else grades it."


@permitted(Permission.REVIEW)
@require_http_methods(["GET", "POST"])
@never_cache
def review(request: HttpRequest, item_id: int) -> HttpResponse:
    """Opening keeps it for the reviewer for some minutes; who may not read all of it sees a redacted form."""
    item = item_of(item_id)
    if request.method == "POST":
        return saved(request, item)
    return page(request, item)


def page(request: HttpRequest, item: ReviewItem, *, form: VerdictForm | None = None, problem: str = "") -> HttpResponse:
    user, reader = signed_in(request), reader_of(request)
    shown, opened, why_not = seen(item, reader), None, CLOSED
    if shown.is_whole:
        opened, why_not = opened_by(request, item)
        record_event(user, ANSWER_LOOKED_AT, f"answer:{item.answer_id}")
    context = ReviewPage(
        item=opened.item if opened else item, seen=shown, progress=progress_of(user, reader),
        verdicts=verdicts_shown(item, user, opened) if shown.is_whole else [], opened=opened,
        form=(form or blank_form(item, user, opened)) if opened else None,
        aside=SetAsideForm() if opened else None, why_not=why_not, problem=problem,
    )  # fmt: skip
    status = 422 if problem else 200
    return render(request, "web/review.html", {"review": context, "undo": last_act(user)}, status=status)


def blank_form(item: ReviewItem, user: User, opened: Opened) -> VerdictForm:
    """With what the user said before, where that was undone."""
    return VerdictForm(opened.rubric, initial=initial_from(taken_back(item, user, opened)))


def opened_by(request: HttpRequest, item: ReviewItem) -> tuple[Opened | None, str]:
    try:
        return open_item(item.pk, signed_in(request)), ""
    except NotYoursError as error:
        return None, str(error)


def saved(request: HttpRequest, item: ReviewItem) -> HttpResponse:
    refuse_closed(request, item)
    said = request.POST.get("rubric", "")
    version = number_asked(said) or newest().version
    form = VerdictForm(RUBRICS.get(version, newest()), request.POST)
    if not form.is_valid():
        return page(request, item, form=form, problem="Something here cannot be saved; see below.")
    try:
        save_verdict(item.pk, signed_in(request), form.given(), version)
    except GradesError as error:
        return page(request, item, form=form, problem=str(error))
    except NotYoursError as error:
        messages.error(request, str(error))
        return redirect("reviews")
    messages.success(request, "Saved. Press u to undo.")
    return redirect("review_next")


@permitted(Permission.REVIEW)
@require_POST
def review_aside(request: HttpRequest, item_id: int) -> HttpResponse:
    """Skip it or flag it, with a reason."""
    item = item_of(item_id)
    refuse_closed(request, item)
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        return page(request, item, problem="Say why you leave this answer.")
    return acted(request, lambda: set_aside(item.pk, signed_in(request), **form.cleaned_data), "Left to others.")


@permitted(Permission.REVIEW)
@require_POST
def review_undo(request: HttpRequest) -> HttpResponse:
    """Back to the answer of the last act."""
    try:
        item = undo_last(signed_in(request))
    except NotYoursError as error:
        messages.error(request, str(error))
        return redirect("reviews")
    messages.success(request, "Undone. Here is the answer again.")
    return redirect("review", item.pk)


@permitted(Permission.LEAD_REVIEWS)
@require_POST
def review_flag(request: HttpRequest, item_id: int) -> HttpResponse:
    is_back = request.POST.get("decision") == "back"
    said = "Back in the queue." if is_back else "Taken out of the queue."
    return acted(
        request, lambda: settle_flag(item_of(item_id).pk, signed_in(request), is_back=is_back), said, "reviews"
    )


@permitted(Permission.REVIEW)
@require_POST
def review_calibration(request: HttpRequest, item_id: int) -> HttpResponse:
    """Give the graded answer to every reviewer, or to nobody any more."""
    item, user = item_of(item_id), signed_in(request)
    refuse_closed(request, item)
    if request.POST.get("decision") == "retire":
        return acted(request, lambda: retire_calibration(item, user), "It calibrates nobody any more.", "reviews")
    return acted(request, lambda: make_calibration(item, user), "Other reviewers get it from time to time.", "reviews")


def acted(request: HttpRequest, act: Any, said: str, onward: str = "review_next") -> HttpResponse:
    try:
        act()
    except NotYoursError as error:
        messages.error(request, str(error))
        return redirect("reviews")
    messages.success(request, said)
    return redirect(onward)


def item_of(item_id: int) -> ReviewItem:
    return get_object_or_404(all_items(), pk=item_id)


def all_items() -> "QuerySet[ReviewItem]":
    return ReviewItem.objects.select_related("answer__question__conversation__user", "held_by")


def refuse_closed(request: HttpRequest, item: ReviewItem) -> None:
    """For whoever may not read all of it, nothing can be done with it."""
    if not may_be_looked_at(item.answer, reader_of(request)):
        raise Http404
