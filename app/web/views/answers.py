"""A finished answer as a part of its page, why it came out so, and what its reader thinks of it."""

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.answers.looking import may_be_looked_at
from app.answers.models import Answer, Feedback
from app.audit.events import ANSWER_LOOKED_AT, record_event
from app.web.doors import judges, reader_of, signed_in
from app.web.explained import explanation
from app.web.forms import FeedbackForm
from app.web.turns import turn_of


@login_required
@require_GET
@never_cache
def answer(request: HttpRequest, answer_id: int) -> HttpResponse:
    """The part; for a browser that follows the address as a link, the whole conversation."""
    found = own_answer(request, answer_id)
    if not request.headers.get("HX-Request"):
        return redirect("conversation", found.question.conversation_id)
    return answer_part(request, found)


def answer_part(request: HttpRequest, found: Answer) -> HttpResponse:
    turn = turn_of(found, reader_of(request))
    return render(request, "web/_answer.html", {"turn": turn, "announce": True})


@login_required
@require_GET
@never_cache
def answer_why(request: HttpRequest, answer_id: int) -> HttpResponse:
    """The panel below the answer, or a page of its own for a browser without scripts and for those who judge it."""
    found = answer_to_explain(request, answer_id)
    context = {"why": explanation(found, reader_of(request), signed_in(request))}
    return render(request, "web/_why.html" if request.headers.get("HX-Request") else "web/why.html", context)


def answer_to_explain(request: HttpRequest, answer_id: int) -> Answer:
    """The asker's own; or, audited, one whose every passage somebody who judges answers may read."""
    user = signed_in(request)
    found = get_object_or_404(answers_in_full(), pk=answer_id)
    if found.question.conversation.user_id == user.pk:
        return found
    if not judges(user) or not may_be_looked_at(found, reader_of(request)):
        raise Http404
    record_event(user, ANSWER_LOOKED_AT, f"answer:{found.pk}")
    return found


@login_required
@require_POST
def answer_feedback(request: HttpRequest, answer_id: int) -> HttpResponse:
    """One judgement per answer; a later one replaces it."""
    found = own_answer(request, answer_id)
    form = FeedbackForm(request.POST)
    if not found.outcome or not form.is_valid():
        return HttpResponse("Choose whether the answer helped.", status=422, content_type="text/plain")
    Feedback.objects.update_or_create(answer=found, defaults=form.cleaned_data)
    if not request.headers.get("HX-Request"):
        return redirect("conversation", found.question.conversation_id)
    turn = turn_of(found, reader_of(request))
    return render(request, "web/_feedback.html", {"turn": turn, "just_sent": True})


def own_answer(request: HttpRequest, answer_id: int) -> Answer:
    return get_object_or_404(answers_in_full(), pk=answer_id, question__conversation__user=signed_in(request))


def answers_in_full() -> "QuerySet[Answer]":
    return Answer.objects.select_related("question__conversation", "reused_from")
