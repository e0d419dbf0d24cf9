"""Dangerous acts ask people to prove again that it is they: a browser left open is not enough.

Whoever signed in or proved it a short while ago is not asked. Passwords, codes and passkeys prove it here; people whose
identity provider does that sign in once more, and the provider is told to ask them. A sign-in through a provider counts
from the moment at which the provider says that it asked the person, not from the moment of the answer.
"""

import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from app.accounts.models import User

DO_IT_AGAIN = "Confirm that it is you. Then do again what you were about to do: nothing was changed yet."

# In the session: when the provider asked the person, and that it must ask anew at the next sign-in.
ASKED_AT, ASK_AFRESH = "provider_asked_at", "provider_must_ask"


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the person of this session proved who they are within the last ATTEST_CONFIRM_MINUTES."""
    if not isinstance(request.user, User):
        return False
    proofs = [_proved_at(request, each) for each in get_authentication_records(request, request.user)]
    return time.time() - max(proofs, default=0) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def ask_afresh(request: HttpRequest) -> None:
    """From now on this browser's sign-in through a provider must be one where the person was asked."""
    request.session[ASK_AFRESH] = True


def is_asked_afresh(request: HttpRequest) -> bool:
    return bool(request.session.get(ASK_AFRESH))


def asked_by_provider(request: HttpRequest, at: float) -> None:
    """Notes when the provider asked the person who has just signed in through it; 0 where it does not say."""
    request.session.pop(ASK_AFRESH, None)
    request.session[ASKED_AT] = at


def _proved_at(request: HttpRequest, record: dict[str, Any]) -> float:
    at = float(record.get("at", 0))
    return min(at, float(request.session.get(ASKED_AT, 0))) if record.get("method") == "socialaccount" else at


def ask_to_confirm(request: HttpRequest) -> HttpResponse:
    """Leads to the page that asks, and from there back. A form that was sent is not kept: it may hold secrets."""
    if request.method not in ("GET", "HEAD"):
        messages.info(request, DO_IT_AGAIN)
    address = f"{_page_for(request)}?{urlencode({'next': _way_back(request)})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _page_for(request: HttpRequest) -> str:
    methods = get_adapter().get_reauthentication_methods(request.user)
    return str(methods[0]["url"]) if methods else reverse("account_confirm")


def _way_back(request: HttpRequest) -> str:
    if request.method in ("GET", "HEAD") and not request.headers.get("HX-Request"):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    is_ours = came_from.netloc == request.get_host() and came_from.path.startswith("/")
    return came_from._replace(scheme="", netloc="", fragment="").geturl() if is_ours else "/"
