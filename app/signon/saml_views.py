"""The doors of SAML: where a provider's answer arrives, and what we say of ourselves.

The answer is a form that the provider's page sends here, from another site: our session's cookie (`SameSite=Lax`) does
not come with it. So the first post is answered by a page of ours that sends the same form once more, now from our own
site and with the cookie. Nothing is read from a form before that; and what counts then is not who sent it, but that
this browser's session asked the question that the signed answer names. That is why these posts need no CSRF token.
"""

from typing import Any

from allauth.socialaccount.internal import statekit
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from app.signon.configured import provider_named
from app.signon.named_providers import Kind, NamedProvider
from app.signon.refusal import Reason, SignOnRefused
from app.signon.saml_answers import LONGEST, answered, parsed, request_of
from app.signon.saml_metadata import our_metadata
from app.signon.signing_in import refused, sign_in


@csrf_exempt
@require_POST
@never_cache
def assertion(request: HttpRequest, slug: str) -> HttpResponse:
    provider = _saml(slug)
    text = request.POST.get("SAMLResponse", "")
    if "once_more" not in request.POST and text and len(text) <= LONGEST:
        return render(request, "socialaccount/once_more.html", {"provider": provider, "answer": text})
    try:
        state = _taken_state(request, provider, text)
        answer = answered(request, provider, text, state["request_id"])
        return sign_in(
            request, provider, answer.subject, answer.claims, began_at=state["began_at"], asked_at=answer.asked_at,
            next_url=state.get("next") or "", sid=answer.sid,
        )  # fmt: skip
    except SignOnRefused as refusal:
        return refused(request, provider, refusal)


@require_GET
@never_cache
def metadata(request: HttpRequest, slug: str) -> HttpResponse:
    """What to register at the provider: public, as it holds our certificate and addresses alone."""
    try:
        body = our_metadata(request, _saml(slug))
    except SignOnRefused as refusal:
        return HttpResponse(refusal.reason.value, status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse(body, content_type="application/samlmetadata+xml")


def _taken_state(request: HttpRequest, provider: NamedProvider, text: str) -> dict[str, Any]:
    """What was noted when this browser was sent to this provider. It is gone from then on: an answer counts once."""
    asked = request_of(parsed(text))
    if not asked:
        raise SignOnRefused(Reason.STATE, "unsolicited: it names no request")
    state = statekit.unstash_state(request, provider_id=provider.slug, state_id=asked)
    if not state or state.get("request_id") != asked:
        raise SignOnRefused(Reason.STATE)
    return state


def _saml(slug: str) -> NamedProvider:
    provider = provider_named(slug, Kind.SAML)
    if provider is None:
        raise Http404
    return provider
