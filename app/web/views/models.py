"""Models, for admins and operators: what each does, how it has been doing and how good its answers are.

Admins have one used again at once, and put one that is on trial in use.
"""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.permissions import Permission
from app.audit.events import CIRCUIT_CLOSED, record_event
from app.providers.activation import take_out
from app.providers.chat_models import all_models, is_in_use
from app.providers.endpoints import Kind, endpoint_named
from app.providers.models_in_use import load_models_in_use, refresh_models_in_use
from app.providers.named_models import NamedModel
from app.quality.activating import NoPassingRun, use_model
from app.quality.passing import standing_of_model
from app.web.activation_forms import ActivateForm
from app.web.doors import permitted, signed_in
from app.web.model_words import model_cards, routes_in_words
from app.web.prompt_forms import ReasonForm


@permitted(Permission.MANAGE_MODELS, Permission.SEE_OPERATIONS)
@require_GET
@never_cache
def models(request: HttpRequest) -> HttpResponse:
    """Who only sees how the system runs finds no button here."""
    look_again()
    cards = model_cards()
    has_chat = any(card.endpoint.kind is Kind.CHAT for card in cards)
    part = request.headers.get("HX-Target") == "model-list"
    may_manage = signed_in(request).may(Permission.MANAGE_MODELS)
    context = {"cards": cards, "has_chat": has_chat, "routes": routes_in_words(), "may_manage": may_manage}
    return render(request, "web/_model_list.html" if part else "web/models.html", context)


@permitted(Permission.MANAGE_MODELS)
@require_POST
def model_close(request: HttpRequest) -> HttpResponse:
    endpoint = endpoint_named(request.POST.get("circuit", ""))
    if endpoint is None or endpoint.breaker is None:
        raise Http404
    endpoint.breaker.close()
    record_event(signed_in(request), CIRCUIT_CLOSED, f"model:{endpoint.name}", model=endpoint.model)
    messages.success(request, f"{endpoint.model} is used again from the next call.")
    return redirect("models")


@permitted(Permission.MANAGE_MODELS)
@require_http_methods(["GET", "POST"])
@never_cache
def model_use(request: HttpRequest, name: str) -> HttpResponse:
    """Puts a model on trial in use: on a run that measured it, or with a second reason."""
    named = on_trial(name)
    if is_in_use(named):
        return redirect("models")
    standing = standing_of_model(named)
    form = ActivateForm(request.POST or None, standing=standing)
    if request.method == "POST" and form.is_valid():
        return put_in_use(request, named, form.said())
    context = {
        "heading": f"Use {named.model}?", "form": form, "standing": standing, "submit": "Use it",
        "text": f"“{named.name}” takes its places in the routes from the next question on. You can take it out again "
        "at any time.",
    }  # fmt: skip
    return confirmation(request, "web/activate.html", form, context)


@permitted(Permission.MANAGE_MODELS)
@require_http_methods(["GET", "POST"])
@never_cache
def model_rest(request: HttpRequest, name: str) -> HttpResponse:
    """Takes a model on trial out of use again, which needs no run."""
    named = on_trial(name)
    if not is_in_use(named):
        return redirect("models")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        take_out(named, actor=signed_in(request), **form.cleaned_data)
        messages.success(request, f"{named.model} is left out of every route from the next question on.")
        return redirect("models")
    context = {
        "heading": f"Take {named.model} out of use?", "form": form, "submit": "Take out of use",
        "text": f"“{named.name}” is left out of every route from the next question on; the others go on as they stand.",
    }  # fmt: skip
    return confirmation(request, "web/confirm.html", form, context)


def put_in_use(request: HttpRequest, named: NamedModel, said: dict[str, str]) -> HttpResponse:
    try:
        use_model(named, actor=signed_in(request), **said)
    except NoPassingRun as refusal:
        messages.error(request, f"Not used. {refusal}")
    else:
        messages.success(request, f"{named.model} is in use from the next question on.")
    return redirect("models")


def on_trial(name: str) -> NamedModel:
    """The model of that name that is on trial, in use or not."""
    look_again()
    found = next((each for each in all_models() if each.name == name and each.trial), None)
    if found is None:
        raise Http404
    return found


def look_again() -> None:
    """Another process may have put a model in use a moment ago."""
    refresh_models_in_use()
    load_models_in_use()


def confirmation(request: HttpRequest, template: str, form: ReasonForm, context: dict[str, Any]) -> HttpResponse:
    context |= {"action": request.path, "cancel": "/models/"}
    return render(request, template, context, status=422 if form.errors else 200)
