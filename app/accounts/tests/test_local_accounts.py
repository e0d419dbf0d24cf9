"""Local accounts: password rules, lockout, no telling who exists, the emergency account, and what commands do."""

import io
import statistics
import time

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from app.accounts.checks import emergency_account_is_ready, somebody_can_sign_in
from app.accounts.lockout import LOCKED_MINUTES, TOO_MANY
from app.accounts.models import Role, User
from app.accounts.passwords import set_password
from app.accounts.people import add_person
from app.audit import events
from app.audit.models import AuditEvent
from app.tests.sessions import as_if_just_signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
NEW = "winter lantern anchor"


@pytest.fixture(autouse=True)
def _nobody_failed_before():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def alice():
    return add_person("alice.jones@example.com", PASSWORD, name="Alice Jones", roles=[])


def sign_in(client, email="alice.jones@example.com", password=PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def is_signed_in(client):
    return "_auth_user_id" in client.session


# -- rules ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("password", "words"), [
    ("short words", "at least 12 characters"),
    ("password1234", "guessers try first"),
    ("alice.jones2026", "too close to your name or your address"),
])  # fmt: skip
def test_a_weak_password_is_refused_in_plain_words(alice, client, password, words):
    with pytest.raises(ValidationError, match=words):
        set_password(alice, password, actor=None, why="test")
    sign_in(client)
    form = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    response = client.post(reverse("account_change_password"), form)
    assert words in response.text
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_changed_password_ends_the_other_sessions_and_is_audited(alice):
    here, there = Client(), Client()
    sign_in(here)
    sign_in(there)
    here.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert here.get(reverse("keys")).status_code == 200
    assert there.get(reverse("keys")).status_code == 302
    assert AuditEvent.objects.filter(action=events.PASSWORD_CHANGED, actor=alice).count() == 1
    assert AuditEvent.objects.get(action=events.SESSIONS_ENDED).details["sessions"] == 1


def test_a_password_that_is_set_ends_all_sessions(alice, client):
    sign_in(client)
    set_password(alice, NEW, actor=None, why="test")
    assert client.get(reverse("keys")).status_code == 302
    assert sign_in(Client(), password=NEW).status_code == 302
    assert AuditEvent.objects.filter(action=events.PASSWORD_SET).exists()


def test_the_command_sets_a_password(alice, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NEW}\n"))
    out = io.StringIO()
    call_command("set_password", "Alice.Jones@example.com", stdout=out)
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert NEW not in out.getvalue() + str(AuditEvent.objects.values())


@pytest.mark.parametrize(("email", "password"), [("alice.jones@example.com", "short"), ("nobody@example.com", NEW)])
def test_the_command_says_what_is_wrong(alice, monkeypatch, email, password):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    with pytest.raises(CommandError):
        call_command("set_password", email)
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


# -- lockout ------------------------------------------------------------------------------------------------
def test_a_locked_account_is_told_when_and_audited(alice, client):
    for _ in range(5):
        sign_in(client, password="not this one")
    response = sign_in(client)
    assert not is_signed_in(client)
    assert TOO_MANY in response.text
    assert f"{LOCKED_MINUTES} minutes" in response.text
    assert AuditEvent.objects.filter(action=events.SIGN_IN_LOCKED, target=f"user:{alice.pk}").count() == 1


def test_the_lock_ends_when_it_was_said_to(alice, client, monkeypatch):
    for _ in range(6):
        sign_in(client, password="not this one")
    later = time.time() + 60 * LOCKED_MINUTES + 1
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: later)
    sign_in(client)
    assert is_signed_in(client)


def test_an_address_that_nobody_has_is_locked_in_the_same_words(alice, client):
    for _ in range(5):
        sign_in(client, email="nobody@example.com", password="not this one")
    assert TOO_MANY in sign_in(client, email="nobody@example.com").text
    assert "nobody@example.com" not in str(AuditEvent.objects.values())


def test_guessing_from_one_network_address_is_slowed_over_all_accounts(client):
    for number in range(10):
        sign_in(client, email=f"p{number}@example.com", password="not this one")
    assert TOO_MANY in sign_in(client, email="another@example.com").text


def test_another_way_of_writing_the_host_gives_no_new_guesses(alice):
    """Any port and a last dot are taken with an allowed host; many guessers are what the account's count is for."""
    for number in range(5):
        guesser = Client(headers={"host": f"testserver:{8000 + number}"}, REMOTE_ADDR=f"192.0.2.{number}")
        sign_in(guesser, password="not this one")
    for host in ("testserver", "testserver:9000", "testserver."):
        browser = Client(headers={"host": host}, REMOTE_ADDR="192.0.2.99")
        assert TOO_MANY in sign_in(browser).text
        assert not is_signed_in(browser)


def test_an_address_that_a_guesser_makes_up_is_not_believed(alice):
    for number in range(10):
        client = Client(headers={"x-forwarded-for": f"192.0.2.{number}", "x-real-ip": f"192.0.2.{number}"})
        sign_in(client, email=f"p{number}@example.com", password="not this one")
    assert TOO_MANY in sign_in(Client(), email="another@example.com").text


# -- nothing tells who has an account ------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["unknown", "closed", "without a password", "local accounts off"])
def test_a_refusal_reads_the_same_whoever_it_is(alice, kind, settings):
    usual = sign_in(Client(), password="not this one").context["form"].errors
    email = "nobody@example.com" if kind == "unknown" else alice.email
    if kind == "closed":
        User.objects.update(is_active=False)
    if kind == "without a password":
        alice.set_unusable_password()
        alice.save()
    settings.ATTEST_LOCAL_ACCOUNTS = kind != "local accounts off"
    assert sign_in(Client(), email=email, password="another wrong one").context["form"].errors == usual


@pytest.mark.timed
def test_a_refusal_takes_about_as_long_whoever_it_is(alice, settings, monkeypatch):
    """With a hash that takes its usual time, the medians of known and unknown addresses lie close together."""
    monkeypatch.setattr("django.contrib.auth.hashers.PBKDF2PasswordHasher.iterations", 400_000)
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": ""}
    alice.set_password(PASSWORD)
    alice.save()
    unusable = add_person("sso@example.com", PASSWORD, name="", roles=[])
    unusable.set_unusable_password()
    unusable.save()
    sign_in(Client(), password="warm up")
    took = {email: [] for email in (alice.email, "nobody@example.com", unusable.email)}
    for _ in range(7):
        for email, times in took.items():
            began = time.perf_counter()
            sign_in(Client(), email=email, password="not this one")
            times.append(time.perf_counter() - began)
    medians = [statistics.median(times) for times in took.values()]
    assert max(medians) < 1.5 * min(medians), medians


# -- switched off ----------------------------------------------------------------------------------------------
def test_with_local_accounts_off_only_the_emergency_account_signs_in(alice, settings):
    settings.ATTEST_LOCAL_ACCOUNTS, settings.ATTEST_EMERGENCY_ACCOUNT = False, "break.glass@example.com"
    settings.MFA_PASSKEY_LOGIN_ENABLED = False
    emergency = add_person("break.glass@example.com", PASSWORD, name="", roles=[Role.ADMIN])
    browser = Client()
    sign_in(browser)
    assert not is_signed_in(browser)
    assert "Emergency account" in browser.get(reverse("account_login")).text
    sign_in(browser, email=emergency.email)
    assert is_signed_in(browser)
    assert Client().get(reverse("mfa_login_webauthn")).status_code == 404


def test_the_emergency_account_gets_nowhere_without_a_second_factor(settings):
    settings.ATTEST_EMERGENCY_ACCOUNT = "break.glass@example.com"
    add_person("break.glass@example.com", PASSWORD, name="", roles=[Role.ADMIN])
    browser = Client()
    sign_in(browser, email="break.glass@example.com")
    for name in ("ask", "sources", "keys", "provisioning"):
        assert browser.get(reverse(name)).url == reverse("mfa_index")
    assert "must have a second factor" in browser.get(reverse("mfa_index")).text


def test_the_checks_refuse_a_lockout_and_warn_of_an_unready_emergency_account(settings):
    from allauth.mfa.models import Authenticator

    assert somebody_can_sign_in() == []
    settings.ATTEST_LOCAL_ACCOUNTS = False
    assert [each.id for each in somebody_can_sign_in()] == ["accounts.E001"]
    settings.ATTEST_EMERGENCY_ACCOUNT = "break.glass@example.com"
    assert somebody_can_sign_in() == []
    assert [each.id for each in emergency_account_is_ready()] == ["accounts.W001"]
    user = add_person("break.glass@example.com", PASSWORD, name="", roles=[])
    assert [each.id for each in emergency_account_is_ready()] == ["accounts.W001"]
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    assert emergency_account_is_ready() == []


# -- confirming --------------------------------------------------------------------------------------------------
@pytest.fixture
def ada():
    return add_person("ada@example.com", PASSWORD, name="Ada", roles=[Role.ADMIN])


def test_a_dangerous_act_asks_again_after_a_while(ada):
    browser = Client()
    sign_in(browser, email=ada.email)
    assert browser.get(reverse("provisioning")).status_code == 200
    as_if_just_signed_in(browser, seconds_ago=16 * 60)
    response = browser.get(reverse("provisioning"))
    assert response.url == f"{reverse('account_reauthenticate')}?next=%2Fprovisioning%2F"
    confirmed = browser.post(response.url, {"password": PASSWORD, "next": reverse("provisioning")})
    assert confirmed.url == reverse("provisioning")
    assert browser.get(reverse("provisioning")).status_code == 200
    assert AuditEvent.objects.filter(action=events.CONFIRMED, actor=ada).count() == 1


def test_a_form_that_came_too_late_changes_nothing_and_is_not_kept(ada):
    from app.scim.models import ScimToken

    browser = Client()
    browser.force_login(ada)
    form = {"name": "a name that is secret", "days": 30}
    response = browser.post(reverse("provisioning"), form, headers={"referer": "http://testserver/provisioning/"})
    assert (response.status_code, response.url) == (302, "/accounts/reauthenticate/?next=%2Fprovisioning%2F")
    assert not ScimToken.objects.exists()
    assert "a name that is secret" not in str(browser.session.items())


@pytest.mark.parametrize("referer", ["https://evil.example/x", "//evil.example", "javascript:alert(1)", ""])
def test_nobody_is_led_to_another_site_by_confirming(ada, referer):
    browser = Client()
    browser.force_login(ada)
    response = browser.post(reverse("provisioning"), headers={"referer": referer})
    assert response.url == "/accounts/reauthenticate/?next=%2F"


def test_a_wrong_password_confirms_nothing(ada):
    browser = Client()
    browser.force_login(ada)
    browser.post(reverse("account_reauthenticate"), {"password": "not this one"})
    assert browser.get(reverse("provisioning")).status_code == 302


def test_the_proof_of_somebody_else_is_none(ada, alice):
    browser = Client()
    browser.force_login(ada)
    as_if_just_signed_in(browser)
    session = browser.session
    session["account_authentication_methods_user"] = str(alice.pk)
    session.save()
    assert browser.get(reverse("provisioning")).status_code == 302


def test_people_of_a_provider_sign_in_once_more(ada):
    ada.set_unusable_password()
    ada.save()
    browser = Client()
    browser.force_login(ada)
    response = browser.get(reverse("provisioning"))
    assert response.url == f"{reverse('account_confirm')}?next=%2Fprovisioning%2F"
    assert "Sign in again" in browser.get(response.url).text
    left = browser.post(reverse("account_confirm"), {"next": "/provisioning/"})
    assert left.url == f"{reverse('account_login')}?next=%2Fprovisioning%2F"
    assert not is_signed_in(browser)


def test_confirming_leads_to_no_other_site(ada):
    browser = Client()
    browser.force_login(ada)
    left = browser.post(reverse("account_confirm"), {"next": "https://evil.example/"})
    assert left.url == f"{reverse('account_login')}?next=%2F"


def test_an_htmx_request_leaves_the_page_as_a_whole(ada):
    browser = Client()
    browser.force_login(ada)
    response = browser.post(
        reverse("provisioning"), headers={"hx-request": "true", "hx-current-url": "http://testserver/provisioning/"}
    )
    assert (response.status_code, response.headers["HX-Redirect"]) == (
        204, "/accounts/reauthenticate/?next=%2Fprovisioning%2F",
    )  # fmt: skip


def test_a_password_that_opens_nothing_any_more_is_not_asked_for(ada, settings):
    """Otherwise whoever still has one from before could never confirm anything."""
    settings.ATTEST_LOCAL_ACCOUNTS, settings.ATTEST_EMERGENCY_ACCOUNT = False, "break.glass@example.com"
    browser = Client()
    browser.force_login(ada)
    assert browser.get(reverse("provisioning")).url == f"{reverse('account_confirm')}?next=%2Fprovisioning%2F"
    assert browser.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 403
    assert browser.get(reverse("provisioning")).status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_has_no_password_here_can_give_themselves_none(ada, method):
    ada.set_unusable_password()
    ada.save()
    browser = Client()
    browser.force_login(ada)
    form = {"oldpassword": "", "password1": NEW, "password2": NEW}
    assert getattr(browser, method)(reverse("account_change_password"), form).status_code == 404
    ada.refresh_from_db()
    assert not ada.has_usable_password()
