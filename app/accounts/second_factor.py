"""Second factors: codes of an authenticator app, passkeys, and recovery codes. Who must have one, and who has.

Whoever signs on at an identity provider proves what that provider asks for; the rule is about passwords kept here.
"""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from app.accounts.ending import end_sessions
from app.accounts.local import is_emergency
from app.accounts.models import User
from app.accounts.permissions import Permission, permissions_of, permissions_of_named_sources
from app.audit.events import SECOND_FACTORS_RESET, record_event
from app.secrets_at_rest import seal, unseal

PURPOSE = "second factors"
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# What opens nothing of other people's: a role of these alone is no privilege.
HARMLESS = frozenset({Permission.REVIEW, Permission.SEE_QUALITY})


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps the secrets of authenticator apps and the recovery codes encrypted."""

    def encrypt(self, text: str) -> str:
        return seal({"text": text}, PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, PURPOSE)["text"]

    def get_totp_issuer(self) -> str:
        return "Attest"

    def generate_authenticator_name(self, user: Any, type: str) -> str:
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()


def is_privileged(user: User) -> bool:
    return bool((permissions_of(user.roles) | permissions_of_named_sources(user.roles)) - HARMLESS)


def must_have_one(user: User) -> bool:
    rule = settings.ATTEST_SECOND_FACTOR
    return is_emergency(user) or rule == "everyone" or (rule == "privileged" and is_privileged(user))


def must_set_one_up(request: HttpRequest) -> bool:
    """Whether the person of this session gets nowhere before they have one."""
    user = request.user
    if not isinstance(user, User) or not must_have_one(user) or came_from_provider(request, user):
        return False
    return not has_second_factor(user)


def came_from_provider(request: HttpRequest, user: User) -> bool:
    methods = {each.get("method") for each in get_authentication_records(request, user)}
    return "socialaccount" in methods and "password" not in methods


@transaction.atomic
def reset_second_factors(user: User, *, actor: User | None, why: str) -> int:
    """Take all second factors and recovery codes from somebody who lost theirs; their sessions end. How many."""
    removed, _ = Authenticator.objects.filter(user=user).delete()
    record_event(actor, SECOND_FACTORS_RESET, f"user:{user.pk}", why=why, removed=removed)
    end_sessions(user, actor=actor, why="second factors reset")
    return removed
