"""Models, for admins: what each does, how it has been doing, and a button to use one again at once."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.audit.events import CIRCUIT_CLOSED, record_event
from app.providers.endpoints import Kind, endpoint_named
from app.web.doors import admins_only, signed_in
from app.web.model_words import model_cards, routes_in_words


@admins_only
@require_GET
@never_cache
def models(request: HttpRequest) -> HttpResponse:
    cards = model_cards()
    has_chat = any(card.endpoint.kind is Kind.CHAT for card in cards)
    part = request.headers.get("HX-Target") == "model-list"
    context = {"cards": cards, "has_chat": has_chat, "routes": routes_in_words()}
    return render(request, "web/_model_list.html" if part else "web/models.html", context)


@admins_only
@require_POST
def model_close(request: HttpRequest) -> HttpResponse:
    endpoint = endpoint_named(request.POST.get("circuit", ""))
    if endpoint is None or endpoint.breaker is None:
        raise Http404
    endpoint.breaker.close()
    record_event(signed_in(request), CIRCUIT_CLOSED, f"model:{endpoint.name}", model=endpoint.model)
    messages.success(request, f"{endpoint.model} is used again from the next call.")
    return redirect("models")
