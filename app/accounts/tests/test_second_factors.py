"""Second factors: codes that are right, codes that are not, who must have one, and that secrets are kept encrypted."""

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from app.accounts.models import Role
from app.accounts.people import add_person
from app.accounts.second_factor import SecondFactorAdapter, has_second_factor, is_privileged
from app.audit import events
from app.audit.models import AuditEvent
from app.tests.sessions import as_if_just_signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


def totp(secret, at=None):
    """RFC 6238 with SHA-1, 30 seconds and six digits."""
    counter = struct.pack(">Q", int((at or time.time()) // 30))
    digest = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def test_codes_are_those_of_the_rfc():
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert [totp(secret, at) for at in (59, 1111111109, 1234567890)] == ["287082", "081804", "005924"]


@pytest.fixture(autouse=True)
def _nobody_failed_before():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def alice():
    return add_person("alice@example.com", PASSWORD, name="Alice", roles=[])


def sign_in(client, email="alice@example.com"):
    return client.post(reverse("account_login"), {"login": email, "password": PASSWORD})


def is_in(client):
    return client.get(reverse("keys")).status_code == 200


def set_up_app(client):
    """Returns the app's key and the recovery codes, as the pages show them."""
    page = client.get(reverse("mfa_activate_totp")).text
    secret = re.search(r'id="totp-key">([A-Z2-7]+)<', page)[1]
    response = client.post(reverse("mfa_activate_totp"), {"code": totp(secret)})
    assert response.url == reverse("mfa_view_recovery_codes")
    codes = re.findall(r"<li><code>([^<]+)</code></li>", client.get(response.url).text)
    return secret, codes


@pytest.fixture
def protected(alice, django_capture_on_commit_callbacks):
    browser = Client()
    sign_in(browser)
    with django_capture_on_commit_callbacks(execute=True):
        secret, codes = set_up_app(browser)
    cache.clear()
    return secret, codes


def test_setting_up_an_app_is_audited_and_its_key_is_kept_encrypted(alice, protected):
    secret, codes = protected
    rows = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in rows
    assert not any(code in rows for code in codes)
    assert len(codes) == 10
    assert has_second_factor(alice)
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {events.SECOND_FACTOR_ADDED, events.RECOVERY_CODES_MADE} <= actions
    assert secret not in str(AuditEvent.objects.values())


def test_a_password_alone_does_not_sign_in_any_more(protected):
    browser = Client()
    assert sign_in(browser).url == reverse("mfa_authenticate")
    assert not is_in(browser)
    assert browser.get(reverse("mfa_authenticate")).status_code == 200


@pytest.mark.parametrize("code", ["000000", "", "1234567", "abcdef"])
def test_a_wrong_code_does_not_sign_in_and_is_audited(alice, protected, code):
    browser = Client()
    sign_in(browser)
    browser.post(reverse("mfa_authenticate"), {"code": code})
    assert not is_in(browser)
    if code:
        event = AuditEvent.objects.filter(action=events.SIGN_IN_FAILED).latest("pk")
        assert (event.target, event.details["step"]) == (f"user:{alice.pk}", "second factor")


def test_the_apps_code_signs_in(protected, monkeypatch):
    later = time.time() + 60
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: later)
    browser = Client()
    sign_in(browser)
    browser.post(reverse("mfa_authenticate"), {"code": totp(protected[0], later)})
    assert is_in(browser)


def test_the_apps_code_signs_in_once_for_as_long_as_it_is_right(alice, protected, monkeypatch):
    """A code is right for 90 seconds, as clocks may differ; allauth itself forgets after 30 that it was used."""
    now = time.time()
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: now)
    code = totp(protected[0], now + 30)
    for spelt, may in ((code, True), (code, False), (f"{code[:3]} {code[3:]}", False)):
        browser = Client()
        sign_in(browser)
        browser.post(reverse("mfa_authenticate"), {"code": spelt})
        assert is_in(browser) is may
        cache.delete(f"allauth.mfa.totp.used?user={alice.pk}&code={code}")
    assert AuditEvent.objects.filter(action=events.SIGN_IN_FAILED, target=f"user:{alice.pk}").count() == 2


def test_a_code_that_signed_in_confirms_nothing(alice, protected, monkeypatch):
    now = time.time()
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: now)
    code = totp(protected[0], now + 30)
    browser = Client()
    sign_in(browser)
    browser.post(reverse("mfa_authenticate"), {"code": code})
    cache.delete(f"allauth.mfa.totp.used?user={alice.pk}&code={code}")
    as_if_just_signed_in(browser, seconds_ago=3600)
    browser.post(reverse("mfa_reauthenticate"), {"code": code})
    assert browser.get(reverse("mfa_add_webauthn")).status_code == 302


@pytest.mark.parametrize("page", ["mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_session_of_a_provider_adds_no_proof_of_its_own_without_being_asked(page, method):
    """Whoever took it over could otherwise confirm everything by it, and come back without the provider."""
    bob = add_person("bob@example.com", PASSWORD, name="Bob", roles=[Role.ADMIN])
    bob.set_unusable_password()
    bob.save()
    browser = Client()
    browser.force_login(bob)
    as_if_just_signed_in(browser, method="socialaccount", seconds_ago=3600)
    response = getattr(browser, method)(reverse(page))
    assert (response.status_code, response.url.partition("?")[0]) == (302, reverse("account_confirm"))
    assert "mfa.totp.secret" not in browser.session


def test_two_tabs_that_set_up_an_app_set_up_one(alice, protected):
    """The second tab's answer comes after the first one's: the app that is there stays, and nothing breaks."""
    before = list(Authenticator.objects.filter(user=alice).values_list("pk", "data"))
    browser = Client()
    browser.force_login(alice)
    as_if_just_signed_in(browser)
    session = browser.session
    session["mfa.totp.secret"] = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    session.save()
    response = browser.post(reverse("mfa_activate_totp"), {"code": totp("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")})
    assert response.status_code in (200, 302)
    assert list(Authenticator.objects.filter(user=alice).values_list("pk", "data")) == before


def test_a_recovery_code_signs_in_once(protected):
    for may in (True, False):
        browser = Client()
        sign_in(browser)
        browser.post(reverse("mfa_authenticate"), {"code": protected[1][0]})
        assert is_in(browser) is may


def test_codes_are_not_guessed(protected):
    browser = Client()
    sign_in(browser)
    for number in range(8):
        answer = browser.post(reverse("mfa_authenticate"), {"code": f"{number:06d}"})
    assert "Too many" in answer.text
    browser.post(reverse("mfa_authenticate"), {"code": protected[1][0]})
    assert not is_in(browser)


def test_recovery_codes_are_shown_once(protected):
    browser = Client()
    sign_in(browser)
    browser.post(reverse("mfa_authenticate"), {"code": protected[1][0]})
    page = browser.get(reverse("mfa_view_recovery_codes")).text
    assert not any(code in page for code in protected[1])
    assert "9 of 10 codes are left" in page


def test_a_second_factor_is_removed_only_by_who_proved_lately_who_they_are(alice, protected):
    browser = Client()
    browser.force_login(alice)
    as_if_just_signed_in(browser, seconds_ago=3600)
    response = browser.post(reverse("mfa_deactivate_totp"))
    assert response.url.startswith(reverse("account_reauthenticate"))
    assert has_second_factor(alice)
    as_if_just_signed_in(browser)
    browser.post(reverse("mfa_deactivate_totp"))
    assert not has_second_factor(alice)
    assert AuditEvent.objects.filter(action=events.SECOND_FACTOR_REMOVED).exists()


def test_who_lost_their_telephone_is_helped_by_a_command(alice, protected):
    browser = Client()
    sign_in(browser)
    browser.post(reverse("mfa_authenticate"), {"code": protected[1][0]})
    call_command("reset_second_factors", alice.email)
    assert not has_second_factor(alice)
    assert not is_in(browser)
    assert AuditEvent.objects.filter(action=events.SECOND_FACTORS_RESET, target=f"user:{alice.pk}").exists()
    again = Client()
    sign_in(again)
    assert is_in(again)


def test_what_is_encrypted_is_not_readable_and_comes_back():
    sealed = SecondFactorAdapter().encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert SecondFactorAdapter().decrypt(sealed) == "JBSWY3DPEHPK3PXP"


# -- who must have one ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("rule", "roles", "must"), [
    ("optional", [Role.ADMIN], False), ("privileged", [], False), ("privileged", [Role.REVIEWER], False),
    ("privileged", [Role.ADMIN], True), ("privileged", [Role.OPERATOR], True), ("privileged", [Role.AUDITOR], True),
    ("privileged", [Role.SOURCE_ADMIN], True), ("everyone", [], True),
])  # fmt: skip
def test_who_must_have_one_gets_nowhere_before(settings, rule, roles, must):
    settings.ATTEST_SECOND_FACTOR = rule
    add_person("bob@example.com", PASSWORD, name="Bob", roles=roles)
    browser = Client()
    sign_in(browser, "bob@example.com")
    for name in ("ask", "keys", "library"):
        response = browser.get(reverse(name))
        assert (response.status_code, response.headers.get("Location")) == (
            (302, reverse("mfa_index")) if must else (200, None)
        )
    posted = browser.post(reverse("keys"), {"name": "x"}, headers={"hx-request": "true"})
    assert ("HX-Redirect" in posted.headers) is must
    assert ("must have a second factor" in browser.get(reverse("mfa_index")).text) is must
    set_up_app(browser)
    assert is_in(browser)


def test_with_local_accounts_off_the_emergency_account_opens_by_both_factors_and_is_audited(settings):
    """The whole way on the day on which the provider is away."""
    settings.ATTEST_LOCAL_ACCOUNTS, settings.ATTEST_EMERGENCY_ACCOUNT = False, "break.glass@example.com"
    settings.MFA_PASSKEY_LOGIN_ENABLED = False
    emergency = add_person("break.glass@example.com", PASSWORD, name="", roles=[Role.ADMIN])
    first = Client()
    sign_in(first, emergency.email)
    _, codes = set_up_app(first)
    cache.clear()
    browser = Client()
    assert sign_in(browser, emergency.email).url == reverse("mfa_authenticate")
    assert browser.get(reverse("sources")).status_code == 302
    browser.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert browser.get(reverse("sources")).status_code == 200
    assert AuditEvent.objects.filter(action=events.SIGNED_IN, actor=emergency).count() == 2


def test_who_comes_from_a_provider_has_proved_it_there(settings):
    settings.ATTEST_SECOND_FACTOR = "everyone"
    bob = add_person("bob@example.com", PASSWORD, name="Bob", roles=[])
    browser = Client()
    browser.force_login(bob)
    as_if_just_signed_in(browser, method="socialaccount")
    assert is_in(browser)
    as_if_just_signed_in(browser, method="password")
    assert not is_in(browser)


def test_signing_out_and_changing_the_password_stay_open(settings):
    settings.ATTEST_SECOND_FACTOR = "everyone"
    add_person("bob@example.com", PASSWORD, name="Bob", roles=[])
    browser = Client()
    sign_in(browser, "bob@example.com")
    assert browser.get(reverse("account_change_password")).status_code == 200
    assert browser.post(reverse("account_logout")).url != reverse("mfa_index")


def test_privilege_follows_from_permissions():
    assert is_privileged(add_person("a@example.com", PASSWORD, name="", roles=[Role.ADMIN]))
    assert not is_privileged(add_person("b@example.com", PASSWORD, name="", roles=[Role.REVIEWER]))
