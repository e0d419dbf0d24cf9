"""Which session came from which sign-in: so that a provider can end it, and signing out here tells the provider."""

import time
from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from allauth.account.signals import user_logged_in
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from app.accounts.confirming import asked_by_provider
from app.accounts.ending import access_ended
from app.audit.events import SIGNED_OUT, record_event
from app.secrets_at_rest import SealBroken, seal, unseal
from app.signon.configured import provider_named
from app.signon.discovery import discovered
from app.signon.models import PURPOSE, SignOnSession
from app.signon.named_providers import Kind, NamedProvider
from app.signon.refusal import SignOnRefused

SESSION_NOTE, ASKED_NOTE = "sign_on", "asked_at"
ENDED = "_ended_sign_on"


def note_of(provider: NamedProvider, subject: str, sid: str, id_token: str) -> dict[str, str]:
    """It waits in the browser's session while a second factor is asked for, so the token is sealed already."""
    sealed = seal({"id_token": id_token}, PURPOSE)
    return {"provider": provider.slug, "subject": subject, "sid": sid[:255], "sealed_id_token": sealed}


@receiver(user_logged_in)
def remember(request: HttpRequest, user: Any, sociallogin: Any = None, **kwargs: Any) -> None:
    SignOnSession.objects.filter(begun_at__lt=timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)).delete()
    note = sociallogin.state.get(SESSION_NOTE) if sociallogin else None
    asked_by_provider(request, min(time.time(), sociallogin.state.get(ASKED_NOTE, 0)) if sociallogin else 0)
    if note and request.session.session_key:
        SignOnSession.objects.update_or_create(session_key=request.session.session_key, defaults={"user": user, **note})


@receiver(access_ended)
def forget_all(user: Any, **kwargs: Any) -> None:
    """Their sessions are gone already."""
    SignOnSession.objects.filter(user=user).delete()


@receiver(user_logged_out)
def forget(request: HttpRequest, **kwargs: Any) -> None:
    """Runs while the session still has its key."""
    row = SignOnSession.objects.filter(session_key=request.session.session_key or "").first()
    if row:
        row.delete()
        setattr(request, ENDED, row)


def way_out(request: HttpRequest) -> tuple[NamedProvider, str] | None:
    """The provider's logout page, if the session that has just ended came from one that has such a page."""
    row: SignOnSession | None = getattr(request, ENDED, None)
    provider = provider_named(row.provider, Kind.OIDC) if row else None
    if not row or not provider:
        return None
    try:
        endpoint = discovered(provider.issuer).end_session_endpoint
        hint = unseal(row.sealed_id_token, PURPOSE).get("id_token", "")
    except (SignOnRefused, SealBroken):
        return None
    back = request.build_absolute_uri(reverse("account_login"))
    question = {"client_id": provider.client_id, "post_logout_redirect_uri": back} | (
        {"id_token_hint": hint} if hint else {}
    )
    return (provider, _with_query(endpoint, question)) if endpoint else None


def end_at_providers_wish(provider: NamedProvider, subject: str, sid: str) -> int:
    """End the sessions of that person, or the one session that `sid` names. Returns how many."""
    rows = SignOnSession.objects.filter(provider=provider.slug)
    rows = rows.filter(subject=subject) if subject else rows
    rows = rows.filter(sid=sid) if sid else rows
    found = list(rows.select_related("user")) if subject or sid else []
    for row in found:
        _end(row.session_key)
        row.delete()
        record_event(row.user, SIGNED_OUT, f"user:{row.user_id}", provider=provider.slug, why="back-channel logout")
    return len(found)


def _end(session_key: str) -> None:
    for session in UserSession.objects.filter(session_key=session_key):
        session.end()
    import_module(settings.SESSION_ENGINE).SessionStore(session_key).delete()


def _with_query(address: str, question: dict[str, str]) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(question)]))))
