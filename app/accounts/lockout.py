"""What happens when a password is wrong too often: the account and the address wait, and the audit log tells of it.

The same words come for addresses that have an account and for those that have none.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from app.accounts.confirming import is_confirmed
from app.accounts.local import may_use_password
from app.accounts.models import User
from app.audit.events import CONFIRMED, SIGN_IN_LOCKED, record_event

LOCKED_MINUTES = 5
# Per network address, and per account: the second is what a distributed guesser meets.
FAILED_SIGN_INS = f"10/m/ip,5/{LOCKED_MINUTES}m/key"
TOO_MANY = f"Too many sign-ins failed. Try again in {LOCKED_MINUTES} minutes."


class LockoutAdapter(DefaultAccountAdapter):
    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """The account alone. allauth adds the request's host, whose port and last dot are the guesser's to choose: with
        each they would begin anew."""
        return _address_of(credentials)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            record_event(None, SIGN_IN_LOCKED, target_of(credentials), result="refused")
            raise ValidationError(TOO_MANY, code="too_many_login_attempts") from None

    def reauthenticate(self, user: Any, password: str) -> bool:
        is_right: bool = super().reauthenticate(user, password)
        if is_right:
            record_event(user, CONFIRMED, f"user:{user.pk}", method="password")
        return is_right

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """A password that opens nothing any more proves nothing either: who has no other proof signs in once more."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [each for each in methods if each["id"] != "reauthenticate" or may_use_password(user)]

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """A fresh sign-in counts, so that who has just signed in is not asked again for setting up a second factor."""
        return not is_confirmed(context.request)


def target_of(credentials: dict[str, Any]) -> str:
    """Whose account is meant, for the audit log. An address of nobody's is not kept: it may be a mistyped password."""
    user = User.objects.filter(email=_address_of(credentials)).only("pk").first()
    return f"user:{user.pk}" if user else "user:unknown"


def _address_of(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").strip().lower()
