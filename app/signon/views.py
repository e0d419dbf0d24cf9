"""The doors of sign-on: to the provider, back from it, out of it, and the one by which it ends a session."""

from typing import Any

from allauth.account.views import LogoutView
from allauth.socialaccount.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from app.audit.events import SIGN_ON_LOGOUT_REFUSED, record_event
from app.signon.callback import answered, taken_state
from app.signon.configured import provider_named
from app.signon.discovery import discovered
from app.signon.id_tokens import LOGOUT_AGE_S, verified_logout_token
from app.signon.named_providers import Kind, NamedProvider
from app.signon.once import is_first_use
from app.signon.pace import is_written_down
from app.signon.refusal import Reason, SignOnRefused
from app.signon.sessions import end_at_providers_wish, way_out
from app.signon.signing_in import refused, sign_in


@require_GET
@never_cache
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Sends the browser to the provider. A plain link, as a form may by our content policy not lead elsewhere."""
    provider = provider_named(slug)
    if provider is None:
        raise Http404
    try:
        response: HttpResponse = get_adapter().get_provider(request, slug).redirect_from_request(request)
    except SignOnRefused as refusal:
        return refused(request, provider, refusal)
    return response


@require_GET
@never_cache
def callback(request: HttpRequest, slug: str) -> HttpResponse:
    provider = _openid(slug)
    try:
        state = taken_state(request, provider)
        claims, id_token = answered(request, provider, state)
        return sign_in(
            request, provider, claims["sub"], claims, began_at=state["began_at"],
            asked_at=_seconds(claims.get("auth_time")), next_url=state.get("next") or "", id_token=id_token,
            sid=str(claims.get("sid", "")),
        )  # fmt: skip
    except SignOnRefused as refusal:
        return refused(request, provider, refusal)


@csrf_exempt
@require_POST
@never_cache
def back_channel_logout(request: HttpRequest, slug: str) -> HttpResponse:
    """The provider itself calls: its signed token is what counts, and each counts once."""
    provider = _openid(slug)
    try:
        claims = verified_logout_token(
            request.POST.get("logout_token", ""), discovered(provider.issuer), provider.client_id
        )
        if not is_first_use(slug, str(claims["jti"]), claims["iat"] + LOGOUT_AGE_S):
            raise SignOnRefused(Reason.REPLAYED)
    except SignOnRefused as refusal:
        word, detail = refusal.reason.word, refusal.detail
        if is_written_down(request):
            record_event(None, SIGN_ON_LOGOUT_REFUSED, f"sign_on:{slug}", result="refused", reason=word, detail=detail)
        return JsonResponse({"error": "invalid_request", "error_description": word}, status=400)
    end_at_providers_wish(provider, str(claims.get("sub", "")), str(claims.get("sid", "")))
    return HttpResponse()


class SignOutView(LogoutView):
    """Signing out here leads on to the provider's own logout page, where the session came from one that has it."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        out = way_out(request)
        if out is None:
            return response
        # A page instead of a redirect: by our content policy a form may not lead to another site, also by redirects.
        page = render(request, "socialaccount/signed_out.html", {"provider": out[0], "address": out[1]})
        page["Cache-Control"] = "no-store"
        return page


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _openid(slug: str) -> NamedProvider:
    provider = provider_named(slug, Kind.OIDC)
    if provider is None:
        raise Http404
    return provider
