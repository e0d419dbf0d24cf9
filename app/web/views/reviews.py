"""The queue of answers to grade, how far reviewers agree, and what the sample says of all answers."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from app.accounts.permissions import Permission
from app.quality.judges import calibration_of, judge_in_use
from app.reviews.models import CalibrationItem, CaseDraft, ReviewItem, SetAside
from app.reviews.quality import blind_agreement, calibrations, late, quality_between, standings
from app.reviews.queue import last_act, next_for, progress_of
from app.reviews.rubric import newest
from app.web.doors import permitted, reader_of, signed_in
from app.web.review_page import graded_lately, quality_rows

QUALITY_DAYS = 28


@permitted(Permission.REVIEW)
@require_GET
@never_cache
def reviews(request: HttpRequest) -> HttpResponse:
    user, reader = signed_in(request), reader_of(request)
    today = timezone.localdate()
    found = quality_between(today - timedelta(days=QUALITY_DAYS - 1), today)
    leads = user.may(Permission.LEAD_REVIEWS)
    flagged = ReviewItem.objects.filter(state=ReviewItem.State.FLAGGED).order_by("pk") if leads else []
    context = {
        "progress": progress_of(user, reader), "late": late().count(), "undo": last_act(user),
        "quality": quality_rows(found), "found": found, "days": QUALITY_DAYS, "standings": standings(),
        "graded": graded_lately(user, reader), "flagged": [(item, _flag_of(item)) for item in flagged],
        "drafts": drafts_waiting(), "is_off": not settings.ATTEST_REVIEW_DAILY,
    }  # fmt: skip
    return render(request, "web/reviews.html", context)


@permitted(Permission.REVIEW)
@require_GET
@never_cache
def review_next(request: HttpRequest) -> HttpResponse:
    """On to the most urgent answer that the reviewer may grade."""
    item = next_for(signed_in(request), reader_of(request))
    if item is not None:
        return redirect("review", item.pk)
    messages.success(request, "Nothing waits for you at the moment.")
    return redirect("reviews")


@permitted(Permission.REVIEW)
@require_GET
@never_cache
def review_agreement(request: HttpRequest) -> HttpResponse:
    rubric = newest()
    context = {
        "blind": blind_agreement(rubric), "calibrations": calibrations(rubric), "rubric": rubric,
        "labels": {each.name: each.label for each in rubric.criteria}, "drafts": drafts_waiting(),
        "known": CalibrationItem.objects.filter(retired_at=None).count(),
        "second_percent": settings.ATTEST_REVIEW_SECOND_PERCENT, **judge_context(),
    }  # fmt: skip
    return render(request, "web/review_agreement.html", context)


def judge_context() -> dict[str, object]:
    judge = judge_in_use()
    return {"judge": judge, "calibration": calibration_of(judge) if judge else None}


def drafts_waiting() -> int:
    return CaseDraft.objects.filter(state=CaseDraft.State.DRAFT).count()


def _flag_of(item: ReviewItem) -> SetAside | None:
    return item.set_aside.filter(kind=SetAside.Kind.FLAG, withdrawn_at=None).select_related("reviewer").last()
