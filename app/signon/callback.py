"""What comes back from an OpenID provider, checked step by step until it is a person's claims.

state → which provider answered → code for tokens (PKCE) → ID token → userinfo about the same person
"""

import hmac
from typing import Any

from allauth.socialaccount.internal import statekit
from django.http import HttpRequest

from app.signon.discovery import Discovered, discovered
from app.signon.fetching import AnswerError, get_json, post_form
from app.signon.id_tokens import verified_id_token
from app.signon.named_providers import NamedProvider
from app.signon.provider import callback_url
from app.signon.refusal import Reason, SignOnRefused

# What an ID token says of itself, which userinfo may not change.
OF_THE_TOKEN = frozenset({"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "auth_time", "acr", "amr", "sid"})


def taken_state(request: HttpRequest, provider: NamedProvider) -> dict[str, Any]:
    """What was noted when this browser was sent to this provider. It is gone from then on: an answer counts once."""
    state = statekit.unstash_state(
        request, provider_id=provider.slug, state_id=request.GET.get("state", "") or request.POST.get("state", "")
    )
    if not state or not state.get("nonce") or not state.get("pkce_code_verifier"):
        raise SignOnRefused(Reason.STATE)
    return state


def answered(request: HttpRequest, provider: NamedProvider, state: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The person's claims, and the ID token. Raises SignOnRefused."""
    found = discovered(provider.issuer)
    _check_who_answers(request, found)
    if error := request.GET.get("error"):
        raise SignOnRefused(Reason.CANCELLED if error == "access_denied" else Reason.PROVIDER_REFUSED, error[:80])
    tokens = _tokens(request, provider, found, state["pkce_code_verifier"])
    id_token = tokens.get("id_token", "")
    claims = verified_id_token(id_token, found, provider.client_id, nonce=state["nonce"])
    return _merged(claims, _userinfo(found, tokens, claims["sub"])), id_token


def _merged(claims: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """An address and whether it is verified come from one place: neither may vouch for the other's address."""
    one_place = told if "email" in told else claims
    pair = {claim: one_place[claim] for claim in ("email", "email_verified") if claim in one_place}
    rest = {claim: value for claim, value in (claims | told).items() if claim not in ("email", "email_verified")}
    return rest | pair


def _check_who_answers(request: HttpRequest, found: Discovered) -> None:
    """RFC 9207: with several providers, one must not pass off another's code as its own."""
    said = request.GET.get("iss")
    if (said is None and found.says_its_name) or (said is not None and said != found.issuer):
        raise SignOnRefused(Reason.ISSUER, "in the answer")


def _tokens(request: HttpRequest, provider: NamedProvider, found: Discovered, verifier: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code", "code": request.GET.get("code", ""), "code_verifier": verifier,
        "redirect_uri": callback_url(request, provider.slug),
    }  # fmt: skip
    if provider.client_secret and "client_secret_basic" in found.token_auth_methods:
        return post_form(found.token_endpoint, form, basic=_basic(provider))
    form |= {"client_id": provider.client_id}
    if provider.client_secret:
        form |= {"client_secret": provider.client_secret}
    return post_form(found.token_endpoint, form)


def _basic(provider: NamedProvider) -> tuple[str, str]:
    """RFC 6749 2.3.1: both are form-encoded before they are joined."""
    from urllib.parse import quote_plus

    return quote_plus(provider.client_id), quote_plus(provider.client_secret)


def _userinfo(found: Discovered, tokens: dict[str, Any], subject: str) -> dict[str, Any]:
    """More claims of the same person; what it says about another one is refused (OpenID Connect Core 5.3.2)."""
    access = tokens.get("access_token")
    if not found.userinfo_endpoint or not isinstance(access, str):
        return {}
    try:
        said = get_json(found.userinfo_endpoint, Authorization=f"Bearer {access}")
    except AnswerError as error:
        raise SignOnRefused(Reason.PROVIDER_REFUSED, f"userinfo: {error.detail}") from error
    if not hmac.compare_digest(str(said.get("sub", "")).encode(), subject.encode()):
        raise SignOnRefused(Reason.SUBJECT)
    return {claim: value for claim, value in said.items() if claim not in OF_THE_TOKEN}
