"""Sends those who must have a second factor, and have none, to the page that sets one up. Nothing else opens before."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from app.accounts.second_factor import must_set_one_up

OPEN = frozenset({
    "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn", "account_reauthenticate", "account_confirm", "account_logout", "account_login",
    "account_change_password", "healthz", "readyz", "metrics",
})  # fmt: skip
# Programs bring a key or a token and no session.
FOR_PROGRAMS = frozenset({"api", "scim"})


class SecondFactorMiddleware(MiddlewareMixin):
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if settings.ATTEST_SECOND_FACTOR == "optional" and not settings.ATTEST_EMERGENCY_ACCOUNT:
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.url_name in OPEN or FOR_PROGRAMS & set(match.namespaces):
            return None
        if not request.user.is_authenticated or not must_set_one_up(request):
            return None
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("mfa_index")})
        return HttpResponseRedirect(reverse("mfa_index"))
