"""Ends what a person has open: sessions, API keys, and answers that are being made. Closing an account does so too.

A closed account would get nowhere even if a row were left: sign-in, every request of a session, and every use of a key
ask whether it is active. The rows go besides, so that an account that is opened again starts with nothing.
"""

from typing import Any

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.dispatch import Signal

from app.accounts.keys import revoke_key
from app.accounts.models import LOCAL, ApiKey, User
from app.audit.events import ACCESS_ENDED, ACCOUNT_CLOSED, ACCOUNT_OPENED, SESSIONS_ENDED, record_event

# Sent with `user` inside the transaction. Layers above end what they hold open for the person; they are not known here.
access_ended = Signal()


@transaction.atomic
def end_access(user: User, *, actor: User | None, why: str) -> None:
    """All sessions, live keys and running answers of `user` end. Whether they may sign in again is not decided here."""
    sessions = _end_sessions(user)
    keys = list(ApiKey.objects.filter(user=user, revoked_at=None))
    for key in keys:
        revoke_key(key, actor=actor)
    access_ended.send(User, user=user)
    record_event(actor, ACCESS_ENDED, f"user:{user.pk}", why=why, sessions=sessions, keys=len(keys))


@transaction.atomic
def close_account(user: User, *, actor: User | None, why: str, origin: str = LOCAL) -> None:
    """The person is out at once and cannot sign in. Nothing of theirs is removed. Closing twice ends access twice.

    `origin` is who decided so, as with groups: what was closed here no provider opens.
    """
    was_open = User.objects.filter(pk=user.pk, is_active=True).update(is_active=False, closed_by=origin)
    if origin == LOCAL and not was_open:
        User.objects.filter(pk=user.pk).update(closed_by=LOCAL)
    user.refresh_from_db(fields=["is_active", "closed_by"])
    if was_open:
        record_event(actor, ACCOUNT_CLOSED, f"user:{user.pk}", why=why)
    end_access(user, actor=actor, why=why)


@transaction.atomic
def open_account(user: User, *, actor: User | None, why: str) -> None:
    """The person may sign in again. Keys that closing revoked stay revoked.

    A sign-in that was under way while the account was closed may have left a session, which must not open with it.
    """
    was_closed = User.objects.filter(pk=user.pk, is_active=False).update(is_active=True, closed_by="")
    user.refresh_from_db(fields=["is_active", "closed_by"])
    if was_closed:
        record_event(actor, ACCOUNT_OPENED, f"user:{user.pk}", why=why)
        if _has_something_open(user):
            end_access(user, actor=actor, why="left from before the account was closed")


@transaction.atomic
def end_sessions(user: User, *, actor: User | None, why: str, but: str | None = None) -> int:
    """Sign the person out everywhere, except in the session whose key is `but`. Keys keep working."""
    ended = _end_sessions(user, but)
    if ended:
        record_event(actor, SESSIONS_ENDED, f"user:{user.pk}", why=why, sessions=ended)
    return ended


def _has_something_open(user: User) -> bool:
    keys = ApiKey.objects.filter(user=user, revoked_at=None)
    return keys.exists() or UserSession.objects.filter(user_id=user.pk).exists()


def _end_sessions(user: Any, but: str | None = None) -> int:
    """How many sessions were still open. A key that was changed leaves a row behind, which goes too."""
    ended = 0
    for session in UserSession.objects.filter(user_id=user.pk).exclude(session_key=but or ""):
        ended += session.exists()
        session.end()
    return ended
