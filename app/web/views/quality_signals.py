"""Signals of quality: those that stand, those that are over, one with its evidence, and what people do about it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.accounts.models import User
from app.accounts.permissions import Permission
from app.quality.models import Signal
from app.quality.signal_acts import SignalActError, acknowledge, close, take_as_usual
from app.web.asked_for import text_asked
from app.web.doors import permitted, signed_in
from app.web.signal_words import chart_of, shown

PAGE_SIZE = 20


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality_signals(request: HttpRequest) -> HttpResponse:
    """What stands, the most severe first; then what is over, the latest first."""
    user, rows = signed_in(request), Signal.objects.select_related("acknowledged_by", "closed_by")
    standing = rows.exclude(state=Signal.State.CLOSED)
    page = Paginator(rows.filter(state=Signal.State.CLOSED).order_by("-closed_at", "-pk"), PAGE_SIZE)
    past = page.get_page(request.GET.get("page"))
    context = {
        "standing": [shown(each, user) for each in sorted(standing, key=lambda each: (each.severity, -each.pk))],
        "past": [shown(each, user) for each in past], "page": past,
    }  # fmt: skip
    return render(request, "web/quality_signals.html", context)


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality_signal(request: HttpRequest, signal_id: int) -> HttpResponse:
    signal = get_object_or_404(Signal.objects.select_related("acknowledged_by", "closed_by"), pk=signal_id)
    user = signed_in(request)
    context = {"each": shown(signal, user), "chart": chart_of(signal), "may_act": acts(user)}
    return render(request, "web/quality_signal.html", context)


@permitted(Permission.SEE_QUALITY)
@require_POST
def quality_signal_act(request: HttpRequest, signal_id: int) -> HttpResponse:
    """For admins and operators; reviewers read alone."""
    user = signed_in(request)
    if not acts(user):
        raise Http404
    signal = get_object_or_404(Signal, pk=signal_id)
    try:
        messages.success(request, _act(request, signal.pk, user))
    except SignalActError as error:
        messages.error(request, str(error))
    return redirect("quality_signal", signal.pk)


def _act(request: HttpRequest, signal_id: int, user: User) -> str:
    """What was done, as a sentence."""
    what = request.POST.get("act", "")
    if what == "acknowledge":
        acknowledge(signal_id, user)
        return "You look into it: everybody who opens this page sees that."
    if what == "usual":
        take_as_usual(signal_id, user)
        return "What is usual is learnt anew."
    if what != "close":
        raise SignalActError("Nothing was changed: say what to do.")
    note = text_asked(request.POST, "note")
    close(signal_id, user, note=note, is_usual_now=bool(request.POST.get("is_usual_now")))
    return "The signal is closed."


def acts(user: User) -> bool:
    return user.may(Permission.ACT_ON_SIGNALS)
