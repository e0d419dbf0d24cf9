"""A finished answer as a part of its page, why it came out so, and what its reader thinks of it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.answers.models import Answer, Feedback
from app.web.doors import reader_of, signed_in
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
    """The panel below the answer, or a page of its own for a browser without scripts."""
    found = own_answer(request, answer_id)
    context = {"why": explanation(found, reader_of(request), signed_in(request))}
    return render(request, "web/_why.html" if request.headers.get("HX-Request") else "web/why.html", context)


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
    rows = Answer.objects.select_related("question__conversation", "reused_from")
    return get_object_or_404(rows, pk=answer_id, question__conversation__user=signed_in(request))
