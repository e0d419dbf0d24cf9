"""Single sign-on, for admins: providers, whether they answer, and what their claims would give to whom."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.permissions import Permission
from app.signon.changing import remove_provider, save_provider
from app.signon.models import SignOnProvider
from app.signon.named_providers import Kind
from app.signon.trying import preview, tested
from app.web.doors import confirmed_lately, permitted, signed_in
from app.web.signon_forms import ClaimsForm, ProviderForm
from app.web.signon_page import addresses_of, example_claims

admins = permitted(Permission.MANAGE_SIGN_ON)


@admins
@require_GET
@never_cache
def signon(request: HttpRequest) -> HttpResponse:
    context = {"rows": SignOnProvider.objects.all(), "given": settings.ATTEST_SIGN_ON}
    return render(request, "web/signon.html", context)


@admins
@confirmed_lately
@require_http_methods(["GET", "POST"])
@never_cache
def signon_new(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in {each.value for each in Kind}:
        raise Http404
    return _edit(request, SignOnProvider(kind=Kind(kind).value, metadata=""))


@admins
@confirmed_lately
@require_http_methods(["GET", "POST"])
@never_cache
def signon_provider(request: HttpRequest, provider_id: int) -> HttpResponse:
    return _edit(request, get_object_or_404(SignOnProvider, pk=provider_id))


@admins
@require_POST
@never_cache
def signon_test(request: HttpRequest, provider_id: int) -> HttpResponse:
    provider = get_object_or_404(SignOnProvider, pk=provider_id)
    found = tested(provider.named())
    if request.headers.get("HX-Request"):
        return render(request, "web/_signon_tested.html", {"tested": found})
    return _page(request, provider, tested=found)


@admins
@require_POST
@never_cache
def signon_try(request: HttpRequest, provider_id: int) -> HttpResponse:
    provider = get_object_or_404(SignOnProvider, pk=provider_id)
    form = ClaimsForm(request.POST)
    seen = preview(provider.named(), form.cleaned_data["claims"]) if form.is_valid() else None
    if request.headers.get("HX-Request"):
        return render(request, "web/_signon_preview.html", {"preview": seen, "form": form})
    return _page(request, provider, preview=seen, claims_form=form)


@admins
@confirmed_lately
@require_http_methods(["GET", "POST"])
def signon_remove(request: HttpRequest, provider_id: int) -> HttpResponse:
    provider = get_object_or_404(SignOnProvider, pk=provider_id)
    if request.method == "POST":
        remove_provider(signed_in(request), provider)
        messages.success(request, f"{provider.name} is removed. Nobody signs in through it any more.")
        return redirect("signon")
    context = {
        "heading": f"Remove {provider.name}?", "submit": "Remove provider", "is_danger": True,
        "cancel": reverse("signon"),
        "text": "Nobody can sign in through it any more. Accounts stay, with the groups and roles that they have; "
        "sessions that are open go on until they end.",
        "action": reverse("signon_remove", args=[provider.pk]),
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


def _edit(request: HttpRequest, provider: SignOnProvider) -> HttpResponse:
    form = ProviderForm(request.POST or None, instance=provider, actor=signed_in(request))
    if request.method == "POST" and form.is_valid():
        save_provider(signed_in(request), form.save(commit=False), secret=form.cleaned_data.get("secret", ""))
        messages.success(request, f"{provider.name} is saved.")
        return redirect("signon_provider", provider.pk)
    return _page(request, provider, form=form)


def _page(request: HttpRequest, provider: SignOnProvider, **shown: Any) -> HttpResponse:
    context: dict[str, Any] = {
        "form": ProviderForm(instance=provider, actor=signed_in(request)), "provider": provider,
        "claims_form": ClaimsForm(initial={"claims": example_claims()}),
        "addresses": addresses_of(request, provider) if provider.pk else [],
    } | shown  # fmt: skip
    return render(request, "web/signon_provider.html", context, status=422 if context["form"].errors else 200)
