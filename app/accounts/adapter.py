"""How allauth behaves here: nobody signs up alone, and sign-ins, failed ones and sign-outs are audited."""

from collections.abc import Sequence
from typing import Any

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

from app.accounts.lockout import LockoutAdapter, target_of
from app.audit.events import SESSIONS_ENDED, SIGN_IN_FAILED, SIGNED_IN, SIGNED_OUT, record_event


class ClosedAccountAdapter(LockoutAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        record_event(user, SIGNED_IN, f"user:{user.pk}", **_by_provider(kwargs))
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        super().authentication_failed(request, **credentials)
        record_event(None, SIGN_IN_FAILED, target_of(credentials), result="refused")

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        record_event(user, SIGNED_OUT, f"user:{user.pk}")


class AuditedSessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: Sequence[UserSession]) -> None:
        """Of one person, who signs the other browsers out on the page *Your sessions*."""
        super().end_sessions(sessions)
        if sessions:
            user = sessions[0].user
            record_event(
                user, SESSIONS_ENDED, f"user:{user.pk}", why="signed out by the person", sessions=len(sessions)
            )


def _by_provider(hook: dict[str, Any]) -> dict[str, str]:
    """Through which provider somebody signed in; nothing for a local account."""
    login = (hook.get("signal_kwargs") or {}).get("sociallogin")
    return {"provider": login.account.provider} if login else {}
