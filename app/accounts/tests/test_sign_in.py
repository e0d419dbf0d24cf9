"""Signing in and out through the real pages: audited, closed to sign-up, and slow to guess."""

import pytest
from django.core.cache import cache
from django.urls import NoReverseMatch, reverse

from app.accounts.models import User
from app.accounts.people import add_person
from app.audit import events
from app.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
ALLOWED_FAILURES = 5


@pytest.fixture(autouse=True)
def _nobody_failed_before(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def alice():
    return add_person("alice@example.com", PASSWORD, name="Alice", roles=[])


def sign_in(client, password=PASSWORD, email="alice@example.com"):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def is_signed_in(client):
    return "_auth_user_id" in client.session


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_the_right_password_opens_the_product_and_is_audited(client, alice):
    response = sign_in(client, email="ALICE@example.com")
    assert response.status_code == 302
    assert response.url == reverse("ask")
    assert is_signed_in(client)
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.target) == (alice, events.SIGNED_IN, f"user:{alice.pk}")
    assert event.request_id == response.headers["X-Request-ID"]


def test_a_session_gets_a_new_key_when_it_signs_in(client, alice):
    client.get(reverse("account_login"))
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before


def test_a_wrong_password_and_an_unknown_address_are_told_in_the_same_words(client, alice):
    wrong = sign_in(client, password="not this one")
    unknown = sign_in(client, email="nobody@example.com")
    assert wrong.context["form"].errors == unknown.context["form"].errors
    assert not is_signed_in(client)
    assert actions() == [events.SIGN_IN_FAILED] * 2
    assert "nobody@example.com" not in str(list(AuditEvent.objects.values()))


def test_an_inactive_person_does_not_get_in(client, alice):
    User.objects.update(is_active=False)
    sign_in(client)
    assert not is_signed_in(client)
    assert events.SIGNED_IN not in actions()


def test_who_is_made_inactive_is_out_at_once(client, alice):
    sign_in(client)
    User.objects.update(is_active=False)
    assert client.get(reverse("ask")).status_code == 302


def test_after_some_failures_even_the_right_password_must_wait(client, alice):
    for _ in range(ALLOWED_FAILURES):
        sign_in(client, password="not this one")
    response = sign_in(client)
    assert not is_signed_in(client)
    assert "Too many" in response.text
    other = add_person("bob@example.com", PASSWORD, name="Bob", roles=[])
    assert sign_in(client, email=other.email).status_code == 302


def test_signing_out_takes_a_click_ends_the_session_and_is_audited(client, alice):
    sign_in(client)
    client.get(reverse("account_logout"))
    assert is_signed_in(client)
    client.post(reverse("account_logout"))
    assert not is_signed_in(client)
    assert actions() == [events.SIGNED_IN, events.SIGNED_OUT]
    assert AuditEvent.objects.latest("pk").actor == alice


def test_signing_out_twice_is_harmless(client, alice):
    assert client.post(reverse("account_logout")).status_code == 302
    assert actions() == []


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_reset_password", "account_set_password"])
def test_nobody_signs_up_or_changes_an_address_alone(client, name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_the_sign_up_page_is_not_there(client, alice):
    assert client.get("/accounts/signup/").status_code == 404
    client.post("/accounts/signup/", {"email": "eve@example.com", "password1": PASSWORD})
    assert User.objects.count() == 1


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site_after_signing_in(client, alice, target):
    response = client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD, "next": target})
    assert response.status_code == 302
    assert response.url == reverse("ask")


def test_a_form_from_another_site_is_refused(alice):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403
    assert not is_signed_in(client)
