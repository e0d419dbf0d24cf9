"""Provisioning by an identity provider (SCIM): its tokens are made here, shown once, and revoked here."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from app.accounts.permissions import Permission
from app.scim.models import ScimToken
from app.scim.tokens import DAYS, make_token, revoke_token
from app.web.doors import confirmed_lately, permitted, signed_in


class TokenForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=80, widget=forms.TextInput(attrs={"placeholder": "The identity provider"})
    )
    days = forms.TypedChoiceField(
        label="Works for", coerce=int, choices=[(days, f"{days} days") for days in DAYS], initial=365
    )


@permitted(Permission.MANAGE_SIGN_ON)
@confirmed_lately
@never_cache
@require_http_methods(["GET", "POST"])
def provisioning(request: HttpRequest) -> HttpResponse:
    """The list; after a POST also the new token's text, which no later page can show."""
    form, secret = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        _, secret = make_token(signed_in(request), form.cleaned_data["name"], days=form.cleaned_data["days"])
        form = TokenForm()
    tokens = ScimToken.objects.filter(revoked_at=None).order_by("-created_at")
    context = {
        "tokens": tokens, "form": form, "secret": secret, "address": request.build_absolute_uri("/scim/v2/")
    }  # fmt: skip
    return render(request, "web/provisioning.html", context)


@permitted(Permission.MANAGE_SIGN_ON)
@confirmed_lately
@require_http_methods(["GET", "POST"])
def provisioning_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(ScimToken, pk=token_id)
    if request.method == "POST":
        revoke_token(token, actor=signed_in(request))
        messages.success(request, f"“{token.name}” is revoked.")
        return redirect("provisioning")
    context = {
        "heading": f"Revoke the token “{token.name}”?", "submit": "Revoke token", "is_danger": True,
        "text": "The identity provider that uses it can change nothing here from then on: people who leave stay in "
        "until it has a new token. This cannot be undone.",
        "action": request.path, "cancel": reverse("provisioning"),
    }  # fmt: skip
    return render(request, "web/confirm.html", context)
