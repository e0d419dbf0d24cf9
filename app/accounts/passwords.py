"""Signing in by a password that is kept here, and the rules for such passwords in plain words."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
    validate_password,
)
from django.db import transaction

from app.accounts.ending import end_sessions
from app.accounts.local import may_use_password
from app.accounts.models import User
from app.audit.events import PASSWORD_SET, record_event


class PasswordBackend(AuthenticationBackend):
    """Where local accounts are off, a right password is worth as little as a wrong one, and takes as long to refuse."""

    def _check_password(self, user: Any, password: str) -> Any:
        found = super()._check_password(user, password)
        if user is not None and not may_use_password(user):
            AuthenticationBackend.unstash_authenticated_user()
            return None
        return found


class LengthRule(MinimumLengthValidator):
    def get_error_message(self) -> str:
        return f"Use at least {self.min_length} characters. A few unrelated words are easier to keep than one odd one."

    def get_help_text(self) -> str:
        return f"At least {self.min_length} characters."


class CommonRule(CommonPasswordValidator):
    def get_error_message(self) -> str:
        return "This password is on the lists that guessers try first. Choose another one."

    def get_help_text(self) -> str:
        return "Not one of the passwords that guessers try first."


class SimilarityRule(UserAttributeSimilarityValidator):
    def get_error_message(self) -> str:
        return "This is too close to your name or your address. Choose another one."

    def get_help_text(self) -> str:
        return "Not like your name or your address."


@transaction.atomic
def set_password(user: User, password: str, *, actor: User | None, why: str) -> None:
    """Give somebody a password; it ends all their sessions. Raises ValidationError for one that breaks the rules."""
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record_event(actor, PASSWORD_SET, f"user:{user.pk}", why=why)
    end_sessions(user, actor=actor, why="password set")
