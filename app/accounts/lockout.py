"""What happens when a password is wrong too often: the account and the address wait, and the audit log tells of it.

The same words come for addresses that have an account and for those that have none.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from app.accounts.confirming import is_confirmed
from app.accounts.models import User
from app.audit.events import CONFIRMED, SIGN_IN_LOCKED, record_event

LOCKED_MINUTES = 5
# Per network address, and per account: the second is what a distributed guesser meets.
FAILED_SIGN_INS = f"10/m/ip,5/{LOCKED_MINUTES}m/key"
TOO_MANY = f"Too many sign-ins failed. Try again in {LOCKED_MINUTES} minutes."


class LockoutAdapter(DefaultAccountAdapter):
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            address = str(credentials.get("email") or credentials.get("username") or "").lower()
            user = User.objects.filter(email=address).first()
            record_event(None, SIGN_IN_LOCKED, f"user:{user.pk}" if user else "user:unknown")
            raise ValidationError(TOO_MANY, code="too_many_login_attempts") from None

    def reauthenticate(self, user: Any, password: str) -> bool:
        is_right: bool = super().reauthenticate(user, password)
        if is_right:
            record_event(user, CONFIRMED, f"user:{user.pk}", method="password")
        return is_right

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """A fresh sign-in counts, so that who has just signed in is not asked again for setting up a second factor."""
        return not is_confirmed(context.request)
