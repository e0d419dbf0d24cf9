"""What an account holds beside its row, for exports, and emptying all of it when a person's data is erased."""

from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password

from app.accounts.models import ApiKey, Membership, User

# Reserved for what is not there (RFC 2606): no mail reaches it, and no provider can confirm it.
ERASED_DOMAIN = "erased.invalid"
_SIGN_IN: tuple[Any, ...] = (EmailAddress, Authenticator, SocialAccount, UserSession)


def erased_address(user: User) -> str:
    return f"erased-{user.pk}@{ERASED_DOMAIN}"


def is_erased(user: User) -> bool:
    return user.email == erased_address(user)


def sign_in_rows(user: User) -> int:
    """Addresses, second factors, links to identity providers and sessions."""
    return sum(model.objects.filter(user=user).count() for model in _SIGN_IN)


def forget_sign_in(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()
    for model in _SIGN_IN:
        model.objects.filter(user=user).delete()


def forget_keys(user: User) -> None:
    ApiKey.objects.filter(user=user).delete()


def forget_groups_and_roles(user: User) -> None:
    Membership.objects.filter(user=user).delete()
    user.groups.clear()
    user.administered_sources.clear()
    User.objects.filter(pk=user.pk).update(roles=[])


def empty_row(user: User) -> None:
    """The row stays, closed: entries of the audit log and grades name its number."""
    User.objects.filter(pk=user.pk).update(
        email=erased_address(user), name="", password=make_password(None), last_login=None, is_active=False,
        is_superuser=False,
    )  # fmt: skip
    user.refresh_from_db()


def sessions_of(user: User) -> Iterator[dict[str, Any]]:
    for row in UserSession.objects.filter(user=user).order_by("pk"):
        yield {
            "begun_at": row.created_at,
            "last_seen_at": row.last_seen_at,
            "address": row.ip,
            "browser": row.user_agent,
        }


def second_factors_of(user: User) -> Iterator[dict[str, Any]]:
    """Without their secrets."""
    for row in Authenticator.objects.filter(user=user).order_by("pk"):
        yield {"kind": row.type, "added_at": row.created_at, "last_used_at": row.last_used_at}


def provider_links_of(user: User) -> Iterator[dict[str, Any]]:
    for row in SocialAccount.objects.filter(user=user).order_by("pk"):
        yield {
            "provider": row.provider, "known_there_as": row.uid, "linked_at": row.date_joined,
            "last_sign_in": row.last_login, "what_it_told": row.extra_data,
        }  # fmt: skip


def keys_of(user: User) -> Iterator[dict[str, Any]]:
    """Without their secrets, which are not kept."""
    for row in ApiKey.objects.filter(user=user).order_by("pk"):
        yield {
            "name": row.name, "begins_with": row.prefix, "scopes": row.scopes, "networks": row.networks,
            "made_at": row.created_at, "expires_at": row.expires_at, "last_used_at": row.last_used_at,
            "last_used_from": row.last_used_from, "revoked_at": row.revoked_at,
        }  # fmt: skip


def end_lost_sessions() -> int:
    """Rows about sessions that have ended hold an address and a browser for nothing; how many went."""
    gone = 0
    for row in UserSession.objects.order_by("pk").iterator():
        if not row.exists():
            row.delete()
            gone += 1
    return gone
