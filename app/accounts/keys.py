"""API keys: made once, shown once, kept as a hash, compared in constant time.

A key reads `attest_<prefix>_<secret>`: the fixed word lets secret scanners find a leaked one, the
prefix finds the row, and the secret has 256 random bits, so one plain SHA-256 is enough to keep it.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.utils import timezone

from app.accounts.models import ApiKey, User
from app.audit.events import API_KEY_CREATED, API_KEY_REVOKED, record_event

LAST_USED_GRAIN = timedelta(minutes=1)


def create_key(user: User, name: str) -> tuple[ApiKey, str]:
    """Make a key; returns its row and the secret text, which cannot be had again."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(user=user, name=name, prefix=prefix, secret_hash=_hash(secret))
    record_event(user, API_KEY_CREATED, f"api_key:{key.pk}", name=name)
    return key, f"attest_{prefix}_{secret}"


def revoke_key(key: ApiKey) -> None:
    """Revoking twice keeps the first time."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        record_event(key.user, API_KEY_REVOKED, f"api_key:{key.pk}", name=key.name)


def user_of_key(token: str) -> User | None:
    """The active owner of a live key, or None. A revoked key and a wrong one are told apart by nobody."""
    word, _, rest = token.partition("_")
    prefix, _, secret = rest.partition("_")
    if word != "attest" or not prefix.isalnum() or not secret:
        return None
    key = ApiKey.objects.select_related("user").filter(prefix=prefix, revoked_at=None).first()
    if key is None or not hmac.compare_digest(key.secret_hash, _hash(secret)) or not key.user.is_active:
        return None
    _touch(key)
    return key.user


def _touch(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_GRAIN:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
