"""Signing in by OpenID Connect, from the button to the session, and out again, both ways."""

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from app.accounts.ending import end_access
from app.accounts.groups import set_memberships
from app.accounts.models import LOCAL, User
from app.signon.models import SignOnProvider, SignOnSession
from app.signon.named_providers import Kind, NamedProvider, Provisioning
from app.signon.tests.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, Key
from app.signon.tests.whole_way import last_event, sign_in


def test_somebody_new_gets_an_account_and_is_signed_in(browser, issuer):
    issuer.person |= {"groups": ["finance-team", "chess"]}
    response = sign_in(browser, issuer)
    assert (response.status_code, response["Location"]) == (302, "/")
    user = User.objects.get(email="grace@example.com")
    assert browser.session["_auth_user_id"] == str(user.pk)
    assert (user.name, user.has_usable_password(), user.roles) == ("Grace", False, [])
    assert [group.name for group in user.groups.all()] == ["finance"]
    assert last_event("signed_in").details["provider"] == "acme"
    assert last_event("sign_on_account_created").target == f"user:{user.pk}"


def test_what_is_asked_has_pkce_state_and_nonce_and_nothing_of_the_request(browser, issuer):
    there = browser.get("/accounts/sign-on/acme/?scope=everything&auth_params=prompt%3Dnone&process=connect")
    asked = {key: values[0] for key, values in parse_qs(urlsplit(there["Location"]).query).items()}
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 16
    assert len(asked["nonce"]) >= 32
    assert "prompt" not in asked
    assert asked["redirect_uri"] == "http://testserver/accounts/sign-on/acme/callback/"


def test_signing_in_again_is_the_same_account_also_with_another_address(browser, issuer):
    sign_in(browser, issuer)
    issuer.person |= {"email": "hopper@example.com"}
    sign_in(Client(), issuer)
    assert [user.email for user in User.objects.all()] == ["grace@example.com"]


def test_groups_and_roles_gone_at_the_provider_are_gone_here_and_local_ones_stay(browser, issuer):
    issuer.person |= {"groups": ["finance-team", "graders"]}
    sign_in(browser, issuer)
    user = User.objects.get()
    local = Group.objects.create(name="local")
    set_memberships(user, [local], LOCAL, None)
    User.objects.update(roles=["operator", "reviewer"])
    issuer.person |= {"groups": []}
    sign_in(Client(), issuer)
    user.refresh_from_db()
    assert [group.name for group in user.groups.all()] == ["local"]
    assert user.roles == ["operator"]


def test_a_role_that_somebody_had_before_is_not_the_providers_to_take(browser, issuer):
    sign_in(browser, issuer)
    User.objects.update(roles=["reviewer"])
    issuer.person |= {"groups": ["graders"]}
    sign_in(Client(), issuer)
    issuer.person |= {"groups": []}
    sign_in(Client(), issuer)
    assert User.objects.get().roles == ["reviewer"]


def test_the_last_admin_stays_one(browser, issuer, provider):
    SignOnProvider.objects.update(rules='when groups contains "bosses" then role "admin"')
    issuer.person |= {"groups": ["bosses"]}
    sign_in(browser, issuer)
    issuer.person |= {"groups": []}
    assert sign_in(Client(), issuer).status_code == 302
    assert User.objects.get().roles == ["admin"]
    User.objects.create_user("other@example.com", "x", roles=["admin"])
    sign_in(Client(), issuer)
    assert User.objects.get(email="grace@example.com").roles == []


def test_two_providers_at_once_each_give_and_take_their_own(browser, issuer, provider):
    with Issuer() as second:
        second.person |= {"groups": ["sales"]}
        other = SignOnProvider(
            slug="other", name="Other", issuer=second.url, client_id=CLIENT_ID, is_enabled=True,
            linking="verified-email", rules="each value of groups is a group",
        )  # fmt: skip
        other.client_secret = CLIENT_SECRET
        other.save()
        issuer.person |= {"groups": ["finance-team"]}
        sign_in(browser, issuer)
        sign_in(Client(), second, slug="other")
        user = User.objects.get()
        assert {group.name for group in user.groups.all()} == {"finance", "sales"}
        issuer.person |= {"groups": []}
        sign_in(Client(), issuer)
        assert {group.name for group in user.groups.all()} == {"sales"}
        page = Client().get("/accounts/login/").content.decode()
        assert "Sign in with Acme" in page
        assert "Sign in with Other" in page


def test_a_provider_that_is_switched_off_does_not_exist(browser, issuer):
    SignOnProvider.objects.update(is_enabled=False)
    assert browser.get("/accounts/sign-on/acme/").status_code == 404
    assert "Acme" not in browser.get("/accounts/login/").content.decode()


def test_one_goes_on_where_one_wanted_to_go(browser, issuer):
    assert sign_in(browser, issuer, query="?next=/library/")["Location"] == "/library/"


def test_nothing_of_the_tokens_is_stored_but_the_sealed_hint(browser, issuer, provider):
    sign_in(browser, issuer)
    assert SocialToken.objects.count() == 0
    assert SocialAccount.objects.get().extra_data == {"issuer": issuer.url}
    row = SignOnSession.objects.get()
    assert (row.subject, row.sid) == ("u-1", "s-1")
    assert "eyJ" not in row.sealed_id_token[:3]
    assert CLIENT_SECRET not in provider.sealed_secret


def test_keys_may_change_at_any_time(browser, issuer):
    sign_in(browser, issuer)
    issuer.key = Key("second")
    issuer.published = [issuer.key]
    assert sign_in(Client(), issuer).status_code == 302


def test_discovery_and_keys_are_remembered(browser, issuer):
    for _ in range(3):
        sign_in(Client(), issuer)
    assert issuer.asked["/.well-known/openid-configuration"] == issuer.asked["/jwks"] == 1


def test_a_clock_a_little_ahead_or_behind_is_fine(browser, issuer):
    issuer.change = lambda claims: claims | {"exp": claims["iat"] - 30, "iat": claims["iat"] + 30}
    assert sign_in(browser, issuer).status_code == 302


def test_signing_out_here_leads_to_the_providers_logout_page(browser, issuer):
    sign_in(browser, issuer)
    page = browser.post("/accounts/logout/")
    assert page.status_code == 200
    address = page.context["address"]
    asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{issuer.url}/logout?realm=one&")
    assert asked["id_token_hint"].count(".") == 2
    assert asked["post_logout_redirect_uri"] == "http://testserver/accounts/login/"
    assert "no-store" in page["Cache-Control"]
    assert "_auth_user_id" not in browser.session
    assert not SignOnSession.objects.exists()


def test_a_local_account_signs_out_here_alone(browser, issuer):
    user = User.objects.create_user("local@example.com", "a long enough password")
    browser.force_login(user)
    assert browser.post("/accounts/logout/")["Location"] == "/accounts/login/"


@pytest.mark.parametrize("named", [{}, {"sid": "s-1"}, {"sid": "s-1", "sub": None}])
def test_the_provider_ends_sessions(browser, issuer, named):
    sign_in(browser, issuer)
    assert browser.get("/library/").status_code == 200
    answer = Client().post(
        "/accounts/sign-on/acme/back-channel-logout/", {"logout_token": issuer.logout_token(**named)}
    )
    assert (answer.status_code, answer["Cache-Control"].count("no-store")) == (200, 1)
    assert browser.get("/library/").status_code == 302
    assert last_event("signed_out").details["why"] == "back-channel logout"


def test_it_ends_that_session_and_no_other(browser, issuer):
    sign_in(browser, issuer)
    answer = Client().post(
        "/accounts/sign-on/acme/back-channel-logout/", {"logout_token": issuer.logout_token(sid="another")}
    )
    assert answer.status_code == 200
    assert browser.get("/library/").status_code == 200


def test_a_provider_of_the_environment_works_like_a_row(settings, issuer, db):
    settings.ATTEST_SIGN_ON = (
        NamedProvider(
            slug="env", name="Env", kind=Kind.OIDC, issuer=issuer.url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET,
            provisioning=Provisioning.CREATE,
        ),
    )  # fmt: skip
    assert sign_in(Client(), issuer, slug="env").status_code == 302


def test_what_is_known_of_a_session_goes_with_it(browser, issuer):
    sign_in(browser, issuer)
    end_access(User.objects.get(), actor=None, why="test")
    assert not SignOnSession.objects.exists()
    assert browser.get("/library/").status_code == 302
    sign_in(browser, issuer)
    SignOnSession.objects.update(begun_at=timezone.now() - timedelta(days=400))
    issuer.person |= {"sub": "u-2", "email": "other@example.com"}
    sign_in(Client(), issuer)
    assert [row.subject for row in SignOnSession.objects.all()] == ["u-2"]


def test_whoever_has_a_second_factor_here_is_asked_for_it_and_the_session_is_still_the_providers(browser, issuer):
    sign_in(browser, issuer)
    secret = generate_totp_secret()
    TOTP.activate(User.objects.get(), secret)
    again = Client()
    response = sign_in(again, issuer, query="?next=/library/")
    assert response["Location"].startswith("/accounts/second-factors/sign-in/")
    assert "_auth_user_id" not in again.session
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    assert again.post(response["Location"], {"code": code})["Location"] == "/library/"
    assert SignOnSession.objects.filter(session_key=again.session.session_key, subject="u-1").exists()
    assert last_event("signed_in").details["provider"] == "acme"


def test_userinfos_address_is_not_vouched_for_by_the_token(browser, issuer):
    """The token calls its own address verified; userinfo brings another one and says nothing of it."""
    issuer.userinfo = {"sub": "u-1", "email": "boss@example.com"}
    assert sign_in(browser, issuer).status_code == 403
    assert last_event("sign_in_failed").details["reason"] == "email_unverified"
    issuer.userinfo = {"sub": "u-1", "email_verified": True}
    issuer.person |= {"email_verified": False}
    assert sign_in(browser, issuer).status_code == 403
    assert not User.objects.exists()


def confirming(browser):
    """The page that asks people of a provider to sign in once more, and where it leads."""
    User.objects.update(roles=["admin"])
    there = browser.get("/sign-on/new/oidc/")
    assert there["Location"].startswith("/accounts/confirm/")
    assert browser.post("/accounts/confirm/", {"next": "/sign-on/new/oidc/"}).status_code == 302


def test_a_sign_in_where_nobody_was_asked_confirms_nothing(browser, issuer):
    sign_in(browser, issuer)
    confirming(browser)
    issuer.person |= {"auth_time": int(time.time()) - 3600}
    assert sign_in(browser, issuer).status_code == 403
    assert last_event("sign_in_failed").details["reason"] == "not_asked"
    assert (issuer.questions[-1]["prompt"], issuer.questions[-1]["max_age"]) == ("login", "0")
    del issuer.person["auth_time"]
    assert sign_in(browser, issuer).status_code == 403
    issuer.person |= {"auth_time": int(time.time())}
    assert sign_in(browser, issuer).status_code == 302
    assert browser.get("/sign-on/new/oidc/").status_code == 200


def test_going_round_the_page_that_asks_confirms_nothing(browser, issuer):
    """Signing out and in again at a provider that asks nobody is no proof either."""
    issuer.person |= {"auth_time": int(time.time()) - 3600}
    sign_in(browser, issuer)
    assert "prompt" not in issuer.questions[-1]
    User.objects.update(roles=["admin"])
    assert browser.get("/sign-on/new/oidc/").status_code == 302
