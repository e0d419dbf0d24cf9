"""API keys: made once, shown once, kept as a hash, compared in constant time.

A key reads `attest_<prefix>_<secret><checksum>`. The fixed word lets secret scanners find a leaked one, and the
checksum tells them offline that it is one: six base-62 digits of the CRC-32 of all before them. The prefix finds the
row. The secret has 256 random bits, so one plain SHA-256 is enough to keep it. Keys from before have no checksum and
still work.
"""

import hashlib
import hmac
import ipaddress
import secrets
import string
import zlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from app.accounts.models import ApiKey, User
from app.accounts.scopes import Scope
from app.audit.events import API_KEY_CREATED, API_KEY_REFUSED, API_KEY_REVOKED, API_KEY_ROTATED, record_event

LAST_USED_GRAIN = timedelta(minutes=1)
BASE_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_CHARACTERS = 43
CHECKSUM_CHARACTERS = 6
MOST_NETWORKS = 20


class KeyRefusedError(ValueError):
    """A key cannot be made or changed so; the message says why."""


def create_key(
    user: User,
    name: str,
    *,
    scopes: Iterable[str] | None = None,
    networks: Iterable[str] = (),
    days: int | None = None,
    actor: User | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; returns its row and the secret text, which cannot be had again. Without `scopes` it has all."""
    prefix, secret = secrets.token_hex(6), _drawn()
    token = f"attest_{prefix}_{secret}"
    secret += checksum(token)
    key = ApiKey.objects.create(
        user=user, name=name, prefix=prefix, secret_hash=_hash(secret), networks=checked_networks(networks),
        scopes=_checked_scopes(scopes), expires_at=_end_of(settings.ATTEST_API_KEY_DAYS if days is None else days),
    )  # fmt: skip
    record_event(
        actor or user, API_KEY_CREATED, f"api_key:{key.pk}", name=name, user=user.pk, scopes=key.scopes,
        networks=key.networks, expires_at=key.expires_at.isoformat() if key.expires_at else "",
    )  # fmt: skip
    return key, f"attest_{prefix}_{secret}"


@transaction.atomic
def rotate_key(key: ApiKey, *, overlap: timedelta, actor: User | None = None) -> tuple[ApiKey, str]:
    """A successor with the same rights; the old secret works on for `overlap`, or until it would have ended anyway."""
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if not is_live(key) or key.replaced_by_id is not None:
        raise KeyRefusedError("Only a key that works and was not replaced yet can be replaced.")
    last = timezone.now() + min(overlap, timedelta(hours=settings.ATTEST_API_KEY_OVERLAP_HOURS))
    new, token = create_key(key.user, key.name, scopes=key.scopes, networks=key.networks, actor=actor)
    key.replaced_by = new
    key.expires_at = min(key.expires_at or last, last)
    key.save(update_fields=["replaced_by", "expires_at"])
    record_event(
        actor or key.user, API_KEY_ROTATED, f"api_key:{key.pk}", name=key.name, successor=new.pk,
        works_until=key.expires_at.isoformat(),
    )  # fmt: skip
    return new, token


def revoke_key(key: ApiKey, *, actor: User | None = None) -> None:
    """Revoking twice keeps the first time."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        record_event(actor or key.user, API_KEY_REVOKED, f"api_key:{key.pk}", name=key.name)


def key_of(token: str, address: str = "") -> ApiKey | None:
    """The live key that `token` is, used from `address`, or None. Nobody outside is told what is wrong with one.

    The right secret of a key that may not be used is audited, at most once a minute for each key.
    """
    word, _, rest = token.partition("_")
    prefix, _, secret = rest.partition("_")
    if word != "attest" or not prefix.isalnum() or not secret:
        return None
    key = ApiKey.objects.select_related("user__owner").filter(prefix=prefix).first()
    if key is None or not hmac.compare_digest(key.secret_hash, _hash(secret)):
        return None
    if why := _why_not(key, address):
        note_refusal(key, why, address)
        return None
    _touch(key, address)
    return key


def note_refusal(key: ApiKey, why: str, address: str) -> None:
    """Audits that the right secret of a key was not let in; at most once a minute for each key."""
    now = timezone.now()
    known = Q(refused_at=None) | Q(refused_at__lt=now - LAST_USED_GRAIN)
    if ApiKey.objects.filter(known, pk=key.pk).update(refused_at=now):
        record_event(key.user, API_KEY_REFUSED, f"api_key:{key.pk}", result="refused", why=why, used_from=address)


def user_of_key(token: str, address: str = "") -> User | None:
    """The active user of a live key, or None."""
    key = key_of(token, address)
    return key.user if key else None


def live_keys() -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


def is_live(key: ApiKey) -> bool:
    return key.revoked_at is None and not key.has_expired


def checksum(text: str) -> str:
    """Six base-62 digits of the CRC-32 of `text`, the most significant first."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(BASE_62))
        digits = BASE_62[digit] + digits
    return digits


def checked_networks(networks: Iterable[str]) -> list[str]:
    """Networks in one spelling ("10.1.0.0/16", "2001:db8::/32"); an address is a network of its own."""
    found: set[str] = set()
    for each in networks:
        try:
            found.add(str(ipaddress.ip_network(each.strip(), strict=False)))
        except ValueError:
            raise KeyRefusedError(f"“{each}” is not a network; write it like 10.1.0.0/16 or 2001:db8::/32.") from None
    if len(found) > MOST_NETWORKS:
        raise KeyRefusedError(f"A key can have {MOST_NETWORKS} networks; name larger ones.")
    return sorted(found)


def is_within(address: str, networks: Collection[str]) -> bool:
    """An IPv4 address that came through an IPv6 socket (::ffff:10.1.2.3) is the IPv4 address."""
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(here, "ipv4_mapped", None)
    here = mapped or here
    return any(here in ipaddress.ip_network(each) for each in networks)


def _why_not(key: ApiKey, address: str) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if key.has_expired:
        return "expired"
    if not key.user.is_active:
        return "account closed"
    if key.user.is_service and (key.user.owner is None or not key.user.owner.is_active):
        return "owner's account closed"
    return "network" if key.networks and not is_within(address, key.networks) else ""


def _touch(key: ApiKey, address: str) -> None:
    now, place = timezone.now(), _as_address(address)
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_GRAIN:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now, last_used_from=place or key.last_used_from)


def _as_address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _checked_scopes(scopes: Iterable[str] | None) -> list[str]:
    wanted = set(Scope.values if scopes is None else scopes)
    if unknown := wanted - set(Scope.values):
        raise KeyRefusedError(f"There is no scope {sorted(unknown)[0]!r}.")
    if not wanted:
        raise KeyRefusedError("Choose at least one thing that the key may be used for.")
    return [scope for scope in Scope.values if scope in wanted]


def _end_of(days: int) -> datetime:
    if not 1 <= days <= settings.ATTEST_API_KEY_MAX_DAYS:
        raise KeyRefusedError(f"A key works for 1 to {settings.ATTEST_API_KEY_MAX_DAYS} days.")
    return timezone.now() + timedelta(days=days)


def _drawn() -> str:
    return "".join(secrets.choice(BASE_62) for _ in range(SECRET_CHARACTERS))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
