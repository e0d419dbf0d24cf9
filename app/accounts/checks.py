"""Refuses settings that would lock everybody out, and warns of an emergency account that nothing protects."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from app.accounts.models import User
from app.accounts.second_factor import has_second_factor


@register(Tags.security)
def somebody_can_sign_in(**about: Any) -> list[CheckMessage]:
    if settings.ATTEST_LOCAL_ACCOUNTS or settings.ATTEST_EMERGENCY_ACCOUNT:
        return []
    return [
        Error(
            "ATTEST_LOCAL_ACCOUNTS is off and there is no emergency account: nobody could sign in while the identity "
            "provider is away or set up wrongly.",
            hint="Set ATTEST_EMERGENCY_ACCOUNT to the address of one local account.",
            id="accounts.E001",
        )
    ]


@register(Tags.database)
def emergency_account_is_ready(**about: Any) -> list[CheckMessage]:
    """Nothing where the database is not there or not up to date: other checks tell that."""
    address = settings.ATTEST_EMERGENCY_ACCOUNT
    if not address:
        return []
    try:
        user = User.objects.filter(email=address, is_active=True).first()
        is_ready = user is not None and user.has_usable_password() and has_second_factor(user)
    except DatabaseError:
        return []
    if is_ready:
        return []
    return [
        Warning(
            f"The emergency account {address} has no password or no second factor yet.",
            hint=f"Run `manage.py set_password {address}`, sign in with it once and set up a second factor. "
            "Until then it reaches nothing but the page that does that.",
            id="accounts.W001",
        )
    ]
