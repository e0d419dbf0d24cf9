"""Audits what allauth's pages change about signing in, and ends other sessions where a password changed."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from app.accounts.ending import end_sessions
from app.accounts.models import User
from app.audit.events import (
    CONFIRMED,
    PASSWORD_CHANGED,
    RECOVERY_CODES_MADE,
    SECOND_FACTOR_ADDED,
    SECOND_FACTOR_REMOVED,
    SIGN_IN_FAILED,
    record_event,
)


def connect() -> None:
    account.password_changed.connect(_password_changed, dispatch_uid="accounts_password_changed")
    mfa.authenticator_added.connect(_added, dispatch_uid="accounts_factor_added")
    mfa.authenticator_removed.connect(_removed, dispatch_uid="accounts_factor_removed")
    mfa.authenticator_reset.connect(_reset, dispatch_uid="accounts_factor_reset")
    mfa.authenticator_used.connect(_used, dispatch_uid="accounts_factor_used")
    mfa.authentication_failed.connect(_failed, dispatch_uid="accounts_factor_failed")


def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    record_event(user, PASSWORD_CHANGED, f"user:{user.pk}")
    end_sessions(user, actor=user, why="password changed", but=request.session.session_key)


def _added(user: User, authenticator: Authenticator, **_: Any) -> None:
    is_codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    record_event(
        user, RECOVERY_CODES_MADE if is_codes else SECOND_FACTOR_ADDED, f"user:{user.pk}", type=authenticator.type
    )  # fmt: skip


def _removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    record_event(user, SECOND_FACTOR_REMOVED, f"user:{user.pk}", type=authenticator.type)


def _reset(user: User, authenticator: Authenticator, **_: Any) -> None:
    record_event(user, RECOVERY_CODES_MADE, f"user:{user.pk}", type=authenticator.type)


def _used(user: User, authenticator: Authenticator, reauthenticated: bool = False, **_: Any) -> None:
    if reauthenticated:
        record_event(user, CONFIRMED, f"user:{user.pk}", method=authenticator.type)


def _failed(user: User, **about: Any) -> None:
    record_event(None, SIGN_IN_FAILED, f"user:{user.pk}", result="refused", step="second factor")
