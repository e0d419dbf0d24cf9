"""Who a provider says that somebody is: its name for them, and an address with how much it is worth. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from app.accounts.names import printable
from app.signon.named_providers import NamedProvider
from app.signon.refusal import Reason, SignOnRefused

VERIFIED = (True, "true", "True", "1")


@dataclass(frozen=True, slots=True)
class Identity:
    """`email` is in small letters, or empty; `is_verified` whether the provider vouches for it."""

    subject: str
    email: str = ""
    is_verified: bool = False
    name: str = ""

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]


def identity_of(provider: NamedProvider, subject: str, claims: Mapping[str, Any]) -> Identity:
    email = _address(_text(claims, "email"))
    is_verified = bool(email) and (provider.trusts_email or _one(claims.get("email_verified")) in VERIFIED)
    return Identity(subject, email, is_verified, printable(_text(claims, "name"))[:120])


def check_domain(provider: NamedProvider, identity: Identity) -> None:
    """Raises SignOnRefused unless the address is of an allowed domain. An unverified address is of no domain."""
    if not provider.domains:
        return
    check_verified(identity)
    if identity.domain not in {domain.lower() for domain in provider.domains}:
        raise SignOnRefused(Reason.DOMAIN, identity.domain)


def check_verified(identity: Identity) -> None:
    if not identity.email:
        raise SignOnRefused(Reason.NO_EMAIL)
    if not identity.is_verified:
        raise SignOnRefused(Reason.EMAIL_UNVERIFIED)


def _text(claims: Mapping[str, Any], claim: str) -> str:
    value = _one(claims.get(claim))
    return value if isinstance(value, str) else ""


def _one(value: Any) -> Any:
    """Some providers tell everything as lists. Several addresses are none: which is meant cannot be told."""
    if isinstance(value, list | tuple):
        return value[0] if len(value) == 1 else None
    return value


def _address(text: str) -> str:
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= 254 and address.isprintable() else ""
