"""A user's API keys: made here, shown once, revoked here."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts.keys import create_key, revoke_key
from app.accounts.models import ApiKey
from app.web.doors import signed_in
from app.web.forms import KeyForm


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The list; after a POST also the new key's text, which no later page can show."""
    user, secret = signed_in(request), ""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _, secret = create_key(user, form.cleaned_data["name"])
        form = KeyForm()
    rows = ApiKey.objects.filter(user=user, revoked_at=None).order_by("-created_at")
    return render(request, "web/keys.html", {"keys": rows, "form": form, "secret": secret})


@login_required
@require_POST
def key_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    revoke_key(get_object_or_404(ApiKey, pk=key_id, user=signed_in(request)))
    return redirect("keys")
