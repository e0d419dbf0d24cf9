"""A sign-in from the button to the last answer, and what the audit log says of it."""

from typing import Any

from django.test import Client

from app.audit.models import AuditEvent
from app.signon.tests.issuer import Issuer


def sign_in(browser: Client, issuer: Issuer, *, slug: str = "acme", query: str = "", **more: str) -> Any:
    """To the provider and back; `more` are parameters that somebody adds on the way back."""
    there = browser.get(f"/accounts/sign-on/{slug}/{query}")
    assert there.status_code == 302, there.content
    return browser.get(issuer.let_in(there["Location"], **more))


def last_event(action: str) -> AuditEvent:
    return AuditEvent.objects.filter(action=action).latest("pk")
