"""API keys: one's own, those of a service account, and for admins all of them. A key's text is shown once."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from app.accounts.confirming import ask_to_confirm, is_confirmed
from app.accounts.keys import KeyRefusedError, create_key, revoke_key, rotate_key
from app.accounts.models import ApiKey, User
from app.accounts.permissions import Permission
from app.web.bounded_paginator import BoundedPaginator
from app.web.doors import permitted, signed_in
from app.web.key_forms import KeyForm, RotateForm

PAGE_SIZE = 50


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The list; after a POST also the new key's text, which no later page can show."""
    return keys_of(request, signed_in(request), reverse("keys"))


@permitted(Permission.MANAGE_KEYS)
@never_cache
@require_http_methods(["GET", "POST"])
def service_keys(request: HttpRequest, person_id: int) -> HttpResponse:
    service = get_object_or_404(User, pk=person_id, kind=User.Kind.SERVICE)
    if request.method == "POST" and not is_confirmed(request):
        return ask_to_confirm(request)
    return keys_of(request, service, reverse("service_keys", args=[service.pk]))


@login_required
@require_http_methods(["GET", "POST"])
def key_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    key = key_for(request, key_id)
    if request.method == "POST":
        revoke_key(key, actor=signed_in(request))
        messages.success(request, f"“{key.name}” is revoked.")
        return redirect(back_from(request, key))
    context = {
        "heading": f"Revoke the key “{key.name}”?", "submit": "Revoke key", "is_danger": True,
        "text": "The program that uses it is refused from then on. A key that is revoked cannot be brought back.",
        "action": request.path, "cancel": back_from(request, key),
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def key_rotate(request: HttpRequest, key_id: int) -> HttpResponse:
    """Asks how long the old secret shall still work; the new one is shown once, on the page that follows."""
    key = key_for(request, key_id, to_make=True)
    if key.user.is_service and not is_confirmed(request):
        return ask_to_confirm(request)
    form = RotateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _, secret = rotate_key(key, overlap=form.overlap(), actor=signed_in(request))
        except KeyRefusedError as error:
            messages.error(request, str(error))
            return redirect(back_from(request, key))
        return key_list(request, key.user, back_from(request, key), secret=secret)
    context = {
        "heading": f"Replace the key “{key.name}”?", "form": form, "submit": "Make its successor",
        "text": "A new key with the same rights is made and shown once. The old one goes on working for a while, so "
        "that your program can be changed in between.",
        "action": request.path, "cancel": back_from(request, key),
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


@permitted(Permission.MANAGE_KEYS)
@require_GET
@never_cache
def all_keys(request: HttpRequest) -> HttpResponse:
    rows = ApiKey.objects.filter(revoked_at=None).select_related("user__owner", "replaced_by").order_by("-created_at")
    page = BoundedPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "web/all_keys.html", {"page": page})


def keys_of(request: HttpRequest, user: User, address: str) -> HttpResponse:
    form = KeyForm(request.POST or None, user=user)
    if request.method != "POST" or not form.is_valid():
        return key_list(request, user, address, form=form)
    data = form.cleaned_data
    _, secret = create_key(
        user, data["name"], scopes=data["scopes"], networks=data["networks"], days=data["days"],
        actor=signed_in(request),
    )  # fmt: skip
    return key_list(request, user, address, secret=secret)


def key_list(request: HttpRequest, user: User, address: str, **more: Any) -> HttpResponse:
    rows = ApiKey.objects.filter(user=user, revoked_at=None).select_related("replaced_by").order_by("-created_at")
    is_mine = user.pk == signed_in(request).pk
    context = {
        "keys": rows,
        "form": KeyForm(user=user),
        "secret": "",
        "owner": user,
        "is_mine": is_mine,
        "here": address,
    }
    return render(request, "web/keys.html", context | more)


def key_for(request: HttpRequest, key_id: int, *, to_make: bool = False) -> ApiKey:
    """One's own; for those who manage keys any, but `to_make` another secret only for service accounts: with the
    secret of a person's key one would act as that person."""
    viewer, found = signed_in(request), ApiKey.objects.select_related("user")
    if viewer.may(Permission.MANAGE_KEYS):
        others = found.filter(user__kind=User.Kind.SERVICE) if to_make else found
        return get_object_or_404(others | found.filter(user=viewer), pk=key_id)
    return get_object_or_404(found, pk=key_id, user=viewer)


def back_from(request: HttpRequest, key: ApiKey) -> str:
    if key.user_id == signed_in(request).pk:
        return reverse("keys")
    return reverse("service_keys", args=[key.user_id]) if key.user.is_service else reverse("all_keys")
