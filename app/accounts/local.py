"""Local accounts: those whose password is kept here. They can be switched off, all but one for emergencies."""

from django.conf import settings

from app.accounts.models import User


def is_emergency(user: User) -> bool:
    """Whether this is the account that is left when the identity provider is away. Provisioning does not see it."""
    return bool(settings.ATTEST_EMERGENCY_ACCOUNT) and user.email == settings.ATTEST_EMERGENCY_ACCOUNT


def may_use_password(user: User) -> bool:
    return bool(settings.ATTEST_LOCAL_ACCOUNTS) or is_emergency(user)
