"""Ends sessions that have lasted long enough, or that nobody used for a while, whatever the browser's cookie says."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from app.audit.events import SIGNED_OUT, record_event

BEGUN, USED = "begun", "used"
# That a session is used is written down this often: each time is a write to the database.
NOTED_EVERY_S = 60


@receiver(user_logged_in, dispatch_uid="accounts_session_begins")
def begin(request: HttpRequest, **_: Any) -> None:
    request.session[BEGUN] = request.session[USED] = time.time()


class SessionLimitsMiddleware(MiddlewareMixin):
    """Before whatever asks who the person is: to all behind it, a session that ended was never there."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        user_id = request.session.get(SESSION_KEY)
        if user_id is None:
            return None
        if why := over(request.session):
            request.session.flush()
            record_event(None, SIGNED_OUT, f"user:{user_id}", why=why)
        elif is_an_act(request):
            note(request.session)
        return None


def over(session: SessionBase) -> str:
    """Why it ends now; empty while it goes on. One from before there were limits begins with its next use."""
    now = time.time()
    if now - session.get(BEGUN, now) >= 3600 * settings.ATTEST_SESSION_HOURS:
        return "lasted long enough"
    idle = 60 * settings.ATTEST_SESSION_IDLE_MINUTES
    return "not used" if idle and now - session.get(USED, now) >= idle else ""


def note(session: SessionBase) -> None:
    now = time.time()
    session.setdefault(BEGUN, now)
    if now - session.get(USED, 0) >= NOTED_EVERY_S:
        session[USED] = now


def is_an_act(request: HttpRequest) -> bool:
    """Pages look for news by themselves; that is nobody's doing, and keeps no session open."""
    return not (request.method == "GET" and request.headers.get("HX-Request"))
