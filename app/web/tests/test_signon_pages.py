"""The admins' pages on single sign-on: set up, tried, and never a secret shown."""

import json

import pytest
from django.core.cache import cache
from django.test import Client

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.signon.models import SignOnProvider
from app.signon.tests.issuer import Issuer

SECRET = "the client's own secret"


@pytest.fixture
def ada(db):
    cache.clear()  # of sign-ins that failed in other tests
    User.objects.create_user("ada@example.com", "a long enough password", roles=["admin"])
    client = Client()
    client.post("/accounts/login/", {"login": "ada@example.com", "password": "a long enough password"})
    return client


def filled(**changes):
    return {
        "name": "Acme", "slug": "acme", "issuer": "https://login.acme.example", "client_id": "attest", "secret": SECRET,
        "scopes": "openid email groups", "linking": "verified-email", "provisioning": "create",
        "domains": "acme.example\nAcme.Test", "rules": 'when groups contains "a" then group "b"', "is_enabled": "on",
    } | changes  # fmt: skip


def made(ada, **changes):
    assert ada.post("/sign-on/new/oidc/", filled(**changes)).status_code == 302
    return SignOnProvider.objects.get()


def test_a_provider_is_added_and_its_secret_is_never_shown(ada):
    row = made(ada)
    assert (row.client_secret, row.domains, row.scopes) == (
        SECRET, ["acme.example", "acme.test"], ["openid", "email", "groups"],
    )  # fmt: skip
    assert SECRET not in row.sealed_secret
    for page in (f"/sign-on/{row.pk}/", "/sign-on/"):
        assert SECRET not in ada.get(page).content.decode()
    told = json.dumps(list(AuditEvent.objects.values("details", "before", "after")))
    assert "sign_on_provider_created" in AuditEvent.objects.values_list("action", flat=True)
    assert SECRET not in told
    assert row.sealed_secret not in told


def test_an_empty_secret_keeps_the_one_there_is_and_issuer_and_short_name_stay(ada):
    row = made(ada)
    ada.post(f"/sign-on/{row.pk}/", filled(secret="", name="New", slug="x", issuer="https://evil.example"))
    row.refresh_from_db()
    assert (row.name, row.client_secret, row.slug, row.issuer) == ("New", SECRET, "acme", "https://login.acme.example")
    event = AuditEvent.objects.filter(action="sign_on_provider_changed").get()
    assert (event.before["name"], event.after["name"]) == ("Acme", "New")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"issuer": "http://login.acme.example"}, "must begin with https"),
        ({"issuer": "login"}, "is no address"),
        ({"slug": "Acme 1"}, "Enter a valid"),
        ({"domains": "@acme"}, "is not a domain"),
        ({"rules": "everybody is admin"}, "Line 1 is no rule"),
        ({"client_id": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_right_is_refused_with_a_sentence(ada, changes, said):
    response = ada.post("/sign-on/new/oidc/", filled(**changes))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not SignOnProvider.objects.exists()


def test_a_short_name_of_the_environment_is_refused(ada, settings):
    from app.signon.named_providers import read_providers

    settings.ATTEST_SIGN_ON = read_providers(
        '[acme]\nissuer = "https://a.example"\nclient_id = "x"', secret=lambda _: ""
    )
    assert ada.post("/sign-on/new/oidc/", filled()).status_code == 422
    assert "From the environment" in ada.get("/sign-on/").content.decode()


def test_the_test_says_what_it_found(ada):
    with Issuer() as issuer:
        row = made(ada, issuer=issuer.url)
        page = ada.post(f"/sign-on/{row.pk}/test/").content.decode()
        for words in (
            "says what is needed to sign in",
            "1 RSA",
            "PKCE with S256",
            "Signing out here signs out there too",
        ):
            assert words in page
        issuer.described = {"issuer": "https://other.example"}
        page = ada.post(f"/sign-on/{row.pk}/test/", headers={"HX-Request": "true"}).content.decode()
        assert "calls itself otherwise" in page
        assert "https://other.example" in page
    assert "cannot be reached" in ada.post(f"/sign-on/{row.pk}/test/").content.decode()


def test_claims_are_tried_without_changing_anything(ada):
    row = made(ada)
    people = User.objects.count()
    claims = {"sub": "1", "email": "g@acme.example", "email_verified": True, "groups": ["a"]}
    page = ada.post(f"/sign-on/{row.pk}/try/", {"claims": json.dumps(claims)}).content.decode()
    assert "An account g@acme.example is made" in page
    assert "Group “b”" in page
    assert "when groups contains &quot;a&quot; then group &quot;b&quot;" in page
    claims["email"] = "g@other.example"
    assert (
        "Refused: Addresses like yours"
        in ada.post(f"/sign-on/{row.pk}/try/", {"claims": json.dumps(claims)}).content.decode()
    )
    assert "no JSON object" in ada.post(f"/sign-on/{row.pk}/try/", {"claims": "[]"}).content.decode()
    assert User.objects.count() == people


def test_a_lost_key_is_told(ada, settings):
    row = made(ada)
    settings.ATTEST_SECRETS_KEYS = ["another"]
    assert "cannot be decrypted" in ada.get(f"/sign-on/{row.pk}/").content.decode()
    assert "cannot be read" in ada.get("/sign-on/").content.decode()


def test_a_provider_is_removed(ada):
    row = made(ada)
    assert ada.post(f"/sign-on/{row.pk}/remove/").status_code == 302
    assert not SignOnProvider.objects.exists()
    assert AuditEvent.objects.filter(action="sign_on_provider_removed").exists()


def test_nobody_gives_by_a_rule_what_they_could_not_give_by_hand(db):
    from app.signon.changing import roles_beyond

    lesser = User(roles=["reviewer"])
    assert roles_beyond(lesser, 'when g is "x" then role "admin"\nalways role "reviewer"') == ["admin"]


def test_saving_what_the_page_shows_changes_nothing(ada):
    row = made(ada)
    form = ada.get(f"/sign-on/{row.pk}/").context["form"]
    shown = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    assert shown["scopes"] == "openid email groups"
    assert ada.post(f"/sign-on/{row.pk}/", shown).status_code == 302
    event = AuditEvent.objects.filter(action="sign_on_provider_changed").get()
    assert event.before == event.after


def test_a_new_saml_providers_form_begins_empty(ada):
    page = ada.get("/sign-on/new/saml/").text
    field = page[page.index('name="metadata"') :]
    assert field[field.index(">") + 1 : field.index("</textarea>")].strip() == ""
    assert "keep the present one" not in ada.get("/sign-on/new/oidc/").text
