"""What somebody may try between the button and the session. Nobody gets in, and the audit log says why."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.cache import cache
from django.test import Client

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.signon.models import SignOnProvider
from app.signon.tests.issuer import CLIENT_ID, Issuer, Key
from app.signon.tests.whole_way import last_event, sign_in


def refused(response, browser, reason, accounts=0):
    """Nobody is signed in, the page says what to do, and the reason is in the audit log."""
    assert response.status_code == 403
    assert "You are not signed in" in response.content.decode()
    assert "_auth_user_id" not in browser.session
    assert User.objects.count() == accounts
    event = last_event("sign_in_failed")
    assert (event.details["reason"], event.details["provider"], event.result) == (reason, "acme", "refused")
    return True


def part(data):
    return (
        base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()
    )


def unsigned(claims):
    return f"{part({'alg': 'none'})}.{part(claims)}."


def signed_with_the_public_key(issuer):
    """HS256, with the provider's public key as if it were a shared secret."""
    pem = issuer.key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(claims):
        text = f"{part({'alg': 'HS256', 'kid': 'first'})}.{part(claims)}"
        return f"{text}.{part(hmac.new(pem, text.encode(), hashlib.sha256).digest())}"

    return sign


def with_another_end(token):
    head, body, _ = token.split(".")
    return f"{head}.{body}.{part(b'0' * 256)}"


HOUR = 3600
WRONG_CLAIMS = {
    "another audience": ({"aud": "other"}, "audience"),
    "another party": ({"azp": "other"}, "audience"),
    "several audiences without a party": ({"aud": [CLIENT_ID, "other"]}, "audience"),
    "another issuer": ({"iss": "https://evil.example"}, "issuer"),
    "another nonce": ({"nonce": "another"}, "nonce"),
    "no nonce": ({"nonce": None}, "nonce"),
    "expired": ({"exp": time.time() - HOUR}, "expired"),
    "expired by more than the skew": ({"exp": int(time.time()) - 120}, "expired"),
    "no expiry": ({"exp": None}, "unverified"),
    "no subject": ({"sub": None}, "unverified"),
    "an empty subject": ({"sub": ""}, "unverified"),
    "issued tomorrow": ({"iat": time.time() + 24 * HOUR}, "unverified"),
    "not valid yet": ({"nbf": time.time() + HOUR}, "unverified"),
}


@pytest.mark.parametrize("name", WRONG_CLAIMS)
def test_a_token_with_wrong_claims_is_refused(browser, issuer, name):
    change, reason = WRONG_CLAIMS[name]
    issuer.change = lambda claims: {key: value for key, value in (claims | change).items() if value is not None}
    assert refused(sign_in(browser, issuer), browser, reason)


WRONG_SIGNATURES = {
    "alg none": lambda issuer: unsigned,
    "HS256 with the public key": signed_with_the_public_key,
    "HS256 with the client secret": lambda issuer: (
        lambda claims: jwt.encode(claims, "a client secret" * 3, headers={"kid": "first"})
    ),
    "another key under the known name": lambda issuer: Key("first").sign,
    "a key of an unknown name": lambda issuer: Key("stranger").sign,
    "a key that the token brings along": lambda issuer: (
        lambda claims: (mine := Key("mine")).sign(claims, jwk=mine.public, jku="http://127.0.0.1:9/keys")
    ),
    "no signature": lambda issuer: lambda claims: with_another_end(issuer.key.sign(claims)),
}


@pytest.mark.parametrize("name", WRONG_SIGNATURES)
def test_a_token_that_the_provider_did_not_sign_is_refused(browser, issuer, name):
    issuer.sign = WRONG_SIGNATURES[name](issuer)
    assert refused(sign_in(browser, issuer), browser, "signature")


def test_a_key_that_the_provider_took_back_signs_nobody_in_any_more(browser, issuer):
    """It is noticed with the first token of the new key, and at the latest when what is remembered runs out."""
    retired, issuer.key = issuer.key, Key("second")
    assert sign_in(Client(), issuer).status_code == 403
    issuer.published = [issuer.key]
    cache.clear()
    issuer.sign = retired.sign
    assert refused(sign_in(browser, issuer), browser, "signature")


def test_a_forged_group_claim_is_refused(browser, issuer):
    """The provider's own token, with a group written into it afterwards."""

    def with_a_group(claims):
        head, _, signature = issuer.key.sign(claims).split(".")
        return f"{head}.{part(claims | {'groups': ['finance-team', 'graders']})}.{signature}"

    issuer.sign = with_a_group
    assert refused(sign_in(browser, issuer), browser, "signature")


@pytest.mark.parametrize("token", ["", "no token", "a.b.c", "x" * 70_000])
def test_what_is_no_token_is_refused(browser, issuer, token):
    issuer.sign = lambda claims: token
    assert refused(sign_in(browser, issuer), browser, "unverified")


def test_made_up_key_names_do_not_make_us_flood_the_provider(browser, issuer):
    issuer.sign = Key("stranger").sign
    for _ in range(5):
        sign_in(Client(), issuer)
    assert issuer.asked["/jwks"] <= 2


def test_an_answer_counts_once(browser, issuer):
    back = issuer.let_in(browser.get("/accounts/sign-on/acme/")["Location"])
    assert browser.get(back).status_code == 302
    browser.logout()
    assert refused(browser.get(back), browser, "state", accounts=1)


def test_an_answer_that_another_browser_asked_for_is_refused(browser, issuer):
    """Otherwise a link could sign somebody in to the account of whoever made it."""
    back = issuer.let_in(Client().get("/accounts/sign-on/acme/")["Location"])
    assert refused(browser.get(back), browser, "state")


def test_an_answer_without_or_with_a_made_up_state_is_refused(browser, issuer):
    issuer.let_in(browser.get("/accounts/sign-on/acme/")["Location"])
    for query in ("code=x", "code=x&state=made-up", "state="):
        assert refused(browser.get(f"/accounts/sign-on/acme/callback/?{query}"), browser, "state")


def test_the_audit_log_is_not_filled_by_whoever_is_refused_again_and_again(browser, issuer):
    """Nobody has to sign in for being refused. Another address is written down all the same."""
    cache.clear()
    for number in range(65):
        assert browser.get(f"/accounts/sign-on/acme/callback/?state={number}").status_code == 403
        assert logged_out("nonsense").status_code == 400
    failed = AuditEvent.objects.filter(action__in=["sign_in_failed", "sign_on_logout_refused"])
    assert failed.count() == 60
    assert Client(REMOTE_ADDR="192.0.2.1").get("/accounts/sign-on/acme/callback/?state=x").status_code == 403
    assert failed.count() == 61
    cache.clear()


def test_a_stolen_code_in_ones_own_sign_in_is_refused(browser, issuer):
    """The code is somebody else's, the state one's own: PKCE and the nonce bind them."""
    stolen = parse_qs(urlsplit(issuer.let_in(Client().get("/accounts/sign-on/acme/")["Location"])).query)["code"][0]
    mine = parse_qs(urlsplit(browser.get("/accounts/sign-on/acme/")["Location"]).query)["state"][0]
    assert refused(
        browser.get(f"/accounts/sign-on/acme/callback/?code={stolen}&state={mine}"), browser, "provider_refused"
    )


def test_an_answer_of_another_provider_is_refused(browser, issuer):
    """One of several providers passes its own code off as the other's (mix-up)."""
    assert refused(sign_in(browser, issuer, iss="https://evil.example"), browser, "issuer")


def test_a_provider_that_names_itself_must_do_so(browser, issuer):
    issuer.described = {"authorization_response_iss_parameter_supported": True}
    assert refused(sign_in(browser, issuer), browser, "issuer")
    assert sign_in(Client(), issuer, iss=issuer.url).status_code == 302


def test_a_provider_that_is_another_one_than_configured_is_refused(browser, issuer):
    issuer.described = {"issuer": "https://evil.example"}
    assert refused(browser.get("/accounts/sign-on/acme/"), browser, "issuer")


def test_userinfo_about_somebody_else_is_refused(browser, issuer):
    issuer.userinfo = {"sub": "u-2", "email": "boss@example.com", "email_verified": True, "groups": ["finance-team"]}
    assert refused(sign_in(browser, issuer), browser, "subject")
    issuer.userinfo = {"email": "boss@example.com"}
    assert refused(sign_in(browser, issuer), browser, "subject")


def test_userinfo_cannot_change_what_the_token_says_of_itself(browser, issuer):
    issuer.userinfo = issuer.person | {"iss": "https://evil.example", "sid": "another"}
    assert sign_in(browser, issuer).status_code == 302


def test_claims_in_the_request_are_nobodys(browser, issuer):
    response = sign_in(browser, issuer, groups="finance-team", role="admin", email="boss@example.com")
    assert response.status_code == 302
    user = User.objects.get()
    assert (user.email, user.roles, user.groups.count()) == ("grace@example.com", [], 0)


def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(browser, issuer):
    browser.get("/accounts/sign-on/acme/")
    planted = browser.cookies["sessionid"].value
    sign_in(browser, issuer)
    assert browser.cookies["sessionid"].value != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/library/").status_code == 302


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "%09//evil.example",
    ],
)
def test_one_is_never_sent_elsewhere_afterwards(browser, issuer, wanted):
    assert sign_in(browser, issuer, query=f"?next={wanted}")["Location"] == "/"


def test_whoever_is_signed_in_is_not_linked_to_what_a_request_brings(browser, issuer, db):
    """`process=connect` would let an attacker's provider account open the victim's account from then on."""
    victim = User.objects.create_user("victim@example.com", "x")
    browser.force_login(victim)
    sign_in(browser, issuer, query="?process=connect")
    assert browser.session["_auth_user_id"] == str(User.objects.get(email="grace@example.com").pk)


def test_cancelling_and_errors_of_the_provider_are_told(browser, issuer):
    there = browser.get("/accounts/sign-on/acme/")["Location"]
    state = parse_qs(urlsplit(there).query)["state"][0]
    answer = browser.get(f"/accounts/sign-on/acme/callback/?error=access_denied&state={state}")
    assert refused(answer, browser, "cancelled")


BAD_ANSWERS = {
    "an error page": (500, b"<h1>Oh</h1>"),
    "no JSON": (200, b"<html>"),
    "a list": (200, b"[]"),
    "much too long": (200, b" " * 600_000),
    "deeply nested": (200, b"[" * 100_000),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
@pytest.mark.parametrize("path", ["/token", "/jwks", "/userinfo"])
def test_a_provider_that_answers_nonsense_lets_nobody_in(browser, issuer, path, name):
    issuer.answer = lambda asked: BAD_ANSWERS[name] if asked == path else None
    response = sign_in(browser, issuer)
    assert response.status_code == 403
    assert User.objects.count() == 0
    assert last_event("sign_in_failed").details["reason"] in {"provider_away", "provider_refused"}


def test_a_provider_that_is_gone_is_told_plainly(db):
    SignOnProvider.objects.create(slug="acme", name="Acme", issuer="http://127.0.0.1:9", client_id="x", is_enabled=True)
    answer = Client().get("/accounts/sign-on/acme/")
    assert answer.status_code == 403
    assert "cannot be reached" in answer.content.decode()


@pytest.mark.parametrize("key", ["token_endpoint", "jwks_uri", "authorization_endpoint", "userinfo_endpoint"])
def test_secrets_never_go_over_plain_http(browser, issuer, key):
    issuer.described = {key: "http://login.example.com/there"}
    assert refused(browser.get("/accounts/sign-on/acme/"), browser, "provider_away")


WRONG_LOGOUTS = {
    "another audience": {"aud": "other"},
    "another issuer": {"iss": "https://evil.example"},
    "a nonce": {"nonce": "x"},
    "no event": {"events": {}},
    "nobody": {"sub": None},
    "old": {"iat": int(time.time()) - HOUR, "exp": int(time.time()) + HOUR},
    "no number": {"jti": None},
}


@pytest.mark.parametrize("name", WRONG_LOGOUTS)
def test_a_wrong_logout_token_ends_nothing(browser, issuer, name):
    sign_in(browser, issuer)
    assert logged_out(issuer.logout_token(**WRONG_LOGOUTS[name])).status_code == 400
    assert browser.get("/library/").status_code == 200
    assert last_event("sign_on_logout_refused").result == "refused"


def test_a_logout_token_of_somebody_elses_key_or_an_id_token_ends_nothing(browser, issuer):
    sign_in(browser, issuer)
    with Issuer() as stranger:
        stranger.url = issuer.url
        assert logged_out(stranger.logout_token()).status_code == 400
    assert logged_out(issuer.key.sign(issuer.claims("n"))).status_code == 400
    assert logged_out("").status_code == 400
    assert browser.get("/library/").status_code == 200


def test_a_logout_token_counts_once(browser, issuer):
    token = issuer.logout_token()
    assert logged_out(token).status_code == 200
    sign_in(browser, issuer)
    assert logged_out(token).status_code == 400
    assert browser.get("/library/").status_code == 200


def logged_out(token):
    return Client(enforce_csrf_checks=True).post("/accounts/sign-on/acme/back-channel-logout/", {"logout_token": token})


def test_no_secret_and_no_token_reaches_the_audit_log(browser, issuer):
    sign_in(browser, issuer)
    issuer.sign = unsigned
    sign_in(Client(), issuer)
    told = json.dumps(list(AuditEvent.objects.values("details", "before", "after")), default=str)
    assert "eyJ" not in told
    assert "a client secret" not in told
