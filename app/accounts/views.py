"""Pages about one's own sign-in that allauth does not have."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.views import password_change
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.webauthn.views import login_webauthn
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from app.accounts.confirming import ask_afresh, ask_to_confirm, is_confirmed
from app.accounts.models import User
from app.audit.events import SIGNED_OUT, record_event

View = Callable[..., HttpResponseBase]


def confirmed(view: View) -> View:
    """For what adds a proof of who somebody is. allauth asks only those who have one here already; whoever takes over
    the session of somebody who has none could otherwise add a proof of their own and confirm everything with it."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if is_confirmed(request) else ask_to_confirm(request)

    return guarded


@login_required
def change_password(request: HttpRequest) -> HttpResponseBase:
    """Whoever signs in at a provider has no password here to change, and nobody gives themselves one."""
    user = request.user
    if not isinstance(user, User) or not user.has_usable_password():
        raise Http404
    return password_change(request)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """For people without a password or second factor here: they sign in once more, and come back."""
    way_back = _safe(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "GET":
        return render(request, "account/confirm.html", {"next": way_back})
    user = request.user
    logout(request)
    ask_afresh(request)
    record_event(user, SIGNED_OUT, f"user:{user.pk}", why="confirming")
    return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': way_back})}")


@never_cache
def sign_in_by_passkey(request: HttpRequest) -> HttpResponseBase:
    """A passkey is kept here like a password, so it opens nothing where local accounts are off."""
    if not mfa_settings.PASSKEY_LOGIN_ENABLED:
        raise Http404
    return login_webauthn(request)


@require_GET
def second_factors(request: HttpRequest) -> HttpResponse:
    return redirect("mfa_index")


def _safe(request: HttpRequest, address: str) -> str:
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if is_ours else "/"
