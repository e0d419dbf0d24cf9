"""What an admin can try before people depend on it: whether the provider answers, and what the rules would do."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.accounts.models import User
from app.signon.discovery import discovered, forget, keys_of
from app.signon.fetching import get_json
from app.signon.id_tokens import KEY_TYPES
from app.signon.identity import Identity, check_domain, check_verified, identity_of
from app.signon.named_providers import Kind, Linking, NamedProvider, Provisioning, wrong_address
from app.signon.refusal import Reason, SignOnRefused
from app.signon.rules import Given, read_rules, what_is_given
from app.signon.saml_description import WrongDescriptionError, read_description
from app.signon.saml_keys import key_pairs

WELL_KNOWN = "/.well-known/openid-configuration"
# In the words of an admin, who can do something about it.
FOR_ADMINS = {
    Reason.PROVIDER_AWAY: "The provider cannot be reached, or does not answer as an OpenID provider does",
    Reason.PROVIDER_REFUSED: "The address answers, but not with the provider's description",
    Reason.ISSUER: "The provider calls itself otherwise; enter exactly the issuer that it names",
}


@dataclass(frozen=True, slots=True)
class Tested:
    is_good: bool
    sentence: str
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Preview:
    """`outcome` says what would happen at the door; `given` what the rules give, each with its rule."""

    is_in: bool
    outcome: str
    given: list[Given]


def tested(provider: NamedProvider) -> Tested:
    """Reads what the provider says of itself, anew. The secret is not tried: only a sign-in can."""
    return _tested_saml(provider) if provider.kind is Kind.SAML else _tested_openid(provider)


def _tested_saml(provider: NamedProvider) -> Tested:
    """Reads its metadata as it is kept here: nothing is asked of the provider."""
    try:
        told = read_description(provider.metadata)
        key_pairs()
    except WrongDescriptionError as wrong:
        return Tested(False, str(wrong))
    except SignOnRefused as refusal:
        return Tested(False, f"{refusal.reason.value} ({refusal.detail})")
    if wrong_one := wrong_address(told.sign_on_address):
        return Tested(False, f"The sign-on address in the metadata {wrong_one}.")
    until = ", ".join(f"{each:%d %B %Y}" for each in told.expiries)
    lines = [
        f"People are sent to {told.sign_on_address}.",
        f"Certificates for signatures: {len(told.certificates)}, until {until}. A date that has passed refuses nobody.",
        "Assertions must be encrypted." if provider.wants_encryption else "Assertions may come unencrypted.",
    ]
    if not provider.trusts_email:
        lines.append("It vouches for no address unless it sends email_verified: see “counts as verified” below.")
    return Tested(True, f"The metadata of {told.entity_id} says what is needed. Only a sign-in tries the rest.", lines)


def _tested_openid(provider: NamedProvider) -> Tested:
    try:
        forget(provider.issuer)
        found = discovered(provider.issuer)
        keys = keys_of(found.jwks_uri, afresh=True)
        said = get_json(provider.issuer.rstrip("/") + WELL_KNOWN)
    except SignOnRefused as refusal:
        told = FOR_ADMINS.get(refusal.reason, refusal.reason.value)
        return Tested(False, f"{told} ({refusal.detail})." if refusal.detail else f"{told}.")
    lines = [_keys(keys), _pkce(said), _scopes(provider, said), _logout(found.end_session_endpoint)]
    usable = any(key.get("kty") in KEY_TYPES.values() for key in keys)
    sentence = (
        f"{provider.issuer} answers and says what is needed to sign in." if usable else "It publishes no usable key."
    )
    return Tested(usable, sentence, lines)


def preview(provider: NamedProvider, claims: Mapping[str, Any]) -> Preview:
    """What would happen to somebody with these claims. Changes nothing."""
    given = what_is_given(read_rules(provider.rules), claims)
    identity = identity_of(provider, str(claims.get("sub", "")), claims)
    try:
        return Preview(True, _at_the_door(provider, identity), given)
    except SignOnRefused as refusal:
        return Preview(False, f"Refused: {refusal.reason.value}", given)


def _at_the_door(provider: NamedProvider, identity: Identity) -> str:
    check_domain(provider, identity)
    check_verified(identity)
    user = User.objects.filter(email=identity.email).first()
    if user is not None and not user.is_active:
        raise SignOnRefused(Reason.CLOSED)
    if user is not None and provider.linking is Linking.VERIFIED_EMAIL:
        return f"Signs in to the account {user.email}, which is linked at the first sign-in."
    if user is not None:
        return f"Signs in to the account {user.email} if it is linked already; otherwise refused, as linking is off."
    if provider.provisioning is Provisioning.CREATE:
        return f"An account {identity.email} is made and signed in."
    raise SignOnRefused(Reason.NOT_INVITED)


def _keys(keys: list[dict[str, Any]]) -> str:
    kinds = Counter(str(key.get("kty")) for key in keys)
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"Keys for signatures: {listed or 'none'}."


def _pkce(said: Mapping[str, Any]) -> str:
    methods = said.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" in methods:
        return "It supports PKCE with S256, which is always used."
    return "It does not say that it supports PKCE. Attest sends it all the same; most providers then check it."


def _scopes(provider: NamedProvider, said: Mapping[str, Any]) -> str:
    known = said.get("scopes_supported")
    unknown = [scope for scope in provider.scopes if isinstance(known, list) and scope not in known]
    if unknown:
        return f"It does not list the scopes {', '.join(unknown)}; it may refuse them."
    return f"Scopes that are asked for: {', '.join(provider.scopes)}."


def _logout(address: str) -> str:
    return (
        "Signing out here signs out there too."
        if address
        else "It has no logout page: signing out here ends only here."
    )
