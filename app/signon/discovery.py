"""What an OpenID provider says about itself, and its keys. Both are remembered for a while, by every process alike.

A token signed with a key that is not known yet makes the keys be fetched again, once in `REFRESH_S`: so a provider may
change its keys at any time, and made-up key names cannot be used to flood it.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from app.signon.fetching import get_json
from app.signon.named_providers import wrong_address
from app.signon.refusal import Reason, SignOnRefused

REMEMBER_S = 600
REFRESH_S = 10
WELL_KNOWN = "/.well-known/openid-configuration"
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")


@dataclass(frozen=True, slots=True)
class Discovered:
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_auth_methods: tuple[str, ...] = ("client_secret_basic",)
    says_its_name: bool = False  # RFC 9207: its answers carry `iss`


def discovered(issuer: str) -> Discovered:
    """Raises SignOnRefused where the provider is away, or says it is another one than was asked."""
    said = _remembered(f"discovery:{issuer}", issuer.rstrip("/") + WELL_KNOWN)
    if said.get("issuer") != issuer:
        raise SignOnRefused(Reason.ISSUER, f"asked {issuer[:100]}, found {str(said.get('issuer'))[:100]}")
    endpoints = {key: _endpoint(said, key) for key in NEEDED + OPTIONAL}
    methods = said.get("token_endpoint_auth_methods_supported")
    return Discovered(
        issuer=issuer, **endpoints,
        token_auth_methods=tuple(map(str, methods)) if isinstance(methods, list) else ("client_secret_basic",),
        says_its_name=said.get("authorization_response_iss_parameter_supported") is True,
    )  # fmt: skip


def keys_of(jwks_uri: str, *, afresh: bool = False) -> list[dict[str, Any]]:
    """The provider's public keys as it publishes them; `afresh` asks again unless that was done a moment ago."""
    key = f"jwks:{jwks_uri}"
    if afresh and cache.add(_cache_key(f"refreshed:{key}"), 1, REFRESH_S):
        cache.delete(_cache_key(key))
    keys = _remembered(key, jwks_uri).get("keys")
    return [each for each in keys if isinstance(each, dict)] if isinstance(keys, list) else []


def forget(issuer: str) -> None:
    """For the button that tests a provider: it must see what is there now."""
    cache.delete(_cache_key(f"discovery:{issuer}"))


def _remembered(name: str, address: str) -> dict[str, Any]:
    key = _cache_key(name)
    said: dict[str, Any] | None = cache.get(key)
    if said is None:
        said = get_json(address)
        cache.set(key, said, REMEMBER_S)
    return said


def _cache_key(name: str) -> str:
    return "sign-on:" + hashlib.sha256(name.encode()).hexdigest()


def _endpoint(said: dict[str, Any], key: str) -> str:
    address = said.get(key)
    if not address and key in OPTIONAL:
        return ""
    wrong = wrong_address(address) if isinstance(address, str) else "is missing"
    if wrong:
        raise SignOnRefused(Reason.PROVIDER_AWAY, f"its {key} {wrong}")
    return str(address)
