"""Tokens of identity providers: made once, shown once, kept as a hash, compared in constant time, always with an end.

A token reads `attest_scim_<prefix>_<secret>`. It opens `/scim/v2/` and nothing else; an API key does not open that.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.utils import timezone

from app.accounts.models import User
from app.audit.events import SCIM_TOKEN_MADE, SCIM_TOKEN_REVOKED, record_event
from app.scim.models import ScimToken

LAST_USED_GRAIN = timedelta(minutes=1)
DAYS = (30, 90, 180, 365, 730)
NOBODYS_HASH = "0" * 64


def make_token(maker: User, name: str, *, days: int) -> tuple[ScimToken, str]:
    """Make a token that ends after `days`; returns its row and the secret text, which cannot be had again."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    token = ScimToken.objects.create(
        name=name, prefix=prefix, secret_hash=_hash(secret), made_by=maker,
        expires_at=timezone.now() + timedelta(days=days),
    )  # fmt: skip
    record_event(maker, SCIM_TOKEN_MADE, f"scim_token:{token.pk}", name=name, prefix=prefix, days=days)
    return token, f"attest_scim_{prefix}_{secret}"


def revoke_token(token: ScimToken, *, actor: User) -> None:
    """Revoking twice keeps the first time."""
    if ScimToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record_event(actor, SCIM_TOKEN_REVOKED, f"scim_token:{token.pk}", name=token.name, prefix=token.prefix)


def live_token(text: str) -> ScimToken | None:
    """The live token of that text, or None. What is wrong with a token is told to nobody."""
    if not text.isascii() or not text.startswith("attest_scim_"):
        return None
    prefix, _, secret = text.removeprefix("attest_scim_").partition("_")
    token = ScimToken.objects.filter(prefix=prefix).first()
    is_right = hmac.compare_digest(token.secret_hash if token else NOBODYS_HASH, _hash(secret))
    if token is None or not is_right or not token.is_live():
        return None
    _touch(token)
    return token


def _touch(token: ScimToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_GRAIN:
        ScimToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
