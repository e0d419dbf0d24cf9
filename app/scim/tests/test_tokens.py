"""Who gets in at `/scim/v2/`: holders of a live token, at a pace, and nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from app.accounts.keys import create_key
from app.accounts.models import User
from app.audit import events
from app.audit.models import AuditEvent
from app.scim import door
from app.scim.models import ScimToken
from app.scim.tokens import live_token, make_token, revoke_token
from app.usage.valkey import client as valkey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_came_before():
    for key in valkey().scan_iter("attest:limits*scim*"):
        valkey().delete(key)


def test_a_token_is_shown_once_and_kept_as_a_hash(maker):
    token, text = make_token(maker, "Entra", days=30)
    assert text.startswith("attest_scim_")
    assert text.rpartition("_")[2] not in str(ScimToken.objects.values())
    assert live_token(text) == token
    event = AuditEvent.objects.get(action=events.SCIM_TOKEN_MADE)
    assert (event.actor, event.target) == (maker, f"scim_token:{token.pk}")
    assert text not in str(AuditEvent.objects.values())


def test_a_token_ends_by_time_and_by_hand(maker):
    token, text = make_token(maker, "Entra", days=30)
    ScimToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert live_token(text) is None
    ScimToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert live_token(text) == token
    revoke_token(token, actor=maker)
    assert live_token(text) is None


def test_use_is_noted(provider):
    assert provider.get("Users").status_code == 200
    assert timezone.now() - ScimToken.objects.get().last_used_at < timedelta(minutes=1)


@pytest.mark.parametrize("token", ["", "x", "attest_scim__", "attest_scim_000000000000_guess", "ä" * 20, "x" * 5000])
def test_no_token_and_wrong_tokens_get_nothing(provider, token):
    provider.token = token
    response = provider.get("Users")
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/scim+json"
    assert response.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert response.json()["status"] == "401"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_token_is_audited(provider):
    provider.token = "attest_scim_000000000000_guess"
    provider.get("Users")
    assert AuditEvent.objects.filter(action=events.SCIM_REFUSED).count() == 1
    assert "guess" not in str(AuditEvent.objects.values())


def test_an_api_key_of_an_admin_is_no_token_and_a_token_no_key(provider, maker):
    key = create_key(maker, "test")[1]
    answer = Client().get("/api/v1/documents", headers={"authorization": f"Bearer {provider.token}"})
    assert answer.status_code in (401, 404)
    assert Client().post("/api/v1/search", headers={"authorization": f"Bearer {provider.token}"}).status_code == 401
    provider.token = key
    assert provider.get("Users").status_code == 401


def test_an_admins_session_is_no_token(maker):
    client = Client()
    client.force_login(maker)
    assert client.get("/scim/v2/Users").status_code == 401


def test_guessing_is_slowed_down_and_not_all_of_it_fills_the_log(provider):
    provider.token = "attest_scim_000000000000_guess"
    for _ in range(door.WRONG_TOKENS.amount):
        assert provider.get("Users").status_code == 401
    response = provider.get("Users")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
    assert AuditEvent.objects.filter(action=events.SCIM_REFUSED).count() == door.WRONG_TOKENS.amount


def test_who_guesses_holds_up_no_deactivation_from_the_same_address(provider):
    """Providers in a cloud share their addresses with others, and behind a proxy all may look like one."""
    right, provider.token = provider.token, "attest_scim_000000000000_guess"
    for _ in range(door.WRONG_TOKENS.amount + 1):
        provider.get("Users")
    provider.token = right
    assert provider.get("Users").status_code == 200


def test_a_token_has_a_pace(provider, monkeypatch):
    monkeypatch.setattr(door, "REQUESTS", type(door.REQUESTS)(2))
    assert [provider.get("Users").status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("path", ["", "Unknown", "Users/user-1/more", "Bulk", "Me", ".search"])
def test_there_is_nothing_else(provider, path):
    response = provider.get(path)
    assert response.status_code in (404, 501)
    assert response.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


def test_a_method_that_is_not_offered_is_refused(provider):
    assert provider.delete("Users").status_code == 405
    assert User.objects.exists()
