"""Signing in by SAML, from the button to the session, against a provider made of another library."""

import subprocess
import sys
import time

import pytest
from django.core.management import call_command
from django.test import Client

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.signon.models import SamlKey, SignOnProvider, SignOnSession
from app.signon.named_providers import WrongProvidersError, read_providers
from app.signon.saml_description import WrongDescriptionError, read_description
from app.signon.tests.saml_issuer import SamlIssuer
from app.signon.tests.saml_way import ACS, begin, deliver, set_up, sign_in
from app.signon.tests.whole_way import last_event
from app.signon.trying import tested as tried


@pytest.fixture
def idp(db):
    with SamlIssuer() as running:
        yield running


def test_somebody_new_gets_an_account_with_groups_that_go_when_the_provider_takes_them(idp):
    set_up(idp)
    idp.person |= {"groups": ["finance-team", "graders", "chess"]}
    browser = Client()
    response = sign_in(browser, idp, "?next=/library/")
    assert response.status_code == 302, last_event("sign_in_failed").details
    assert response["Location"] == "/library/"
    user = User.objects.get(email="grace@example.com")
    assert browser.session["_auth_user_id"] == str(user.pk)
    assert (user.name, user.roles, [group.name for group in user.groups.all()]) == ("Grace", ["reviewer"], ["finance"])
    assert last_event("signed_in").details["provider"] == "acme"
    assert SignOnSession.objects.get().subject == "u-1"
    idp.person |= {"groups": []}
    sign_in(Client(), idp)
    user.refresh_from_db()
    assert (user.roles, user.groups.count()) == ([], 0)


def test_the_request_is_signed_and_names_where_to_answer(idp):
    set_up(idp)
    question = idp.asked(begin(Client()))
    assert question.assertion_consumer_service_url == f"http://testserver{ACS}"
    assert question.issuer.text == "http://testserver/accounts/sign-on/acme/metadata/"
    assert question.force_authn is None


def test_unencrypted_assertions_are_taken_only_where_an_admin_allowed_it(idp):
    row = set_up(idp)
    idp.encrypts = False
    browser = Client()
    assert sign_in(browser, idp).status_code == 403
    assert last_event("sign_in_failed").details["reason"] == "unencrypted"
    row.wants_encryption = False
    row.save()
    assert sign_in(browser, idp).status_code == 302


def test_an_address_counts_only_if_the_provider_is_trusted_with_it(idp):
    set_up(idp)
    SignOnProvider.objects.update(trusts_email=False)
    assert sign_in(Client(), idp).status_code == 403
    assert last_event("sign_in_failed").details["reason"] == "email_unverified"


def test_the_first_post_reads_nothing_and_only_sends_itself_on(idp):
    """It comes from another site, without our cookie."""
    set_up(idp)
    browser = Client(enforce_csrf_checks=True)
    _, answer = idp.answer(begin(browser))
    page = Client(enforce_csrf_checks=True).post(ACS, {"SAMLResponse": answer})
    assert (page.status_code, answer in page.content.decode()) == (200, True)
    assert "no-store" in page["Cache-Control"]
    assert '"><script' not in Client().post(ACS, {"SAMLResponse": '"><script>alert(1)</script>'}).content.decode()
    assert deliver(browser, answer).status_code == 302


def test_a_second_key_opens_answers_for_the_first_until_that_is_forgotten(idp):
    set_up(idp)
    call_command("saml_key", "--new")
    browser = Client()
    assert idp.questions == []
    there = begin(browser)
    idp.learn(Client().get("/accounts/sign-on/acme/metadata/").content.decode())
    assert deliver(browser, idp.answer(there)[1]).status_code == 302
    assert SamlKey.objects.count() == 2
    call_command("saml_key", "--forget-old")
    assert SamlKey.objects.count() == 1
    assert sign_in(Client(), idp).status_code == 302
    assert AuditEvent.objects.filter(action="sign_on_key_made").exists()
    assert AuditEvent.objects.filter(action="sign_on_key_forgotten").count() == 1


def test_answers_for_the_old_key_still_open(idp):
    set_up(idp)
    browser = Client()
    _, answer = idp.answer(begin(browser))
    call_command("saml_key", "--new")
    assert deliver(browser, answer).status_code == 302


def test_our_private_key_is_sealed(idp):
    set_up(idp)
    row = SamlKey.objects.get()
    assert "PRIVATE" not in row.sealed_key
    assert "PRIVATE" not in Client().get("/accounts/sign-on/acme/metadata/").content.decode()


def test_the_provider_must_ask_again_where_one_confirms(idp):
    set_up(idp)
    browser = Client()
    sign_in(browser, idp)
    User.objects.update(roles=["admin"])
    SignOnProvider.objects.update(rules="")
    browser.post("/accounts/confirm/", {"next": "/sign-on/new/saml/"})
    assert sign_in(browser, idp).status_code == 302
    assert idp.questions[-1].force_authn == "true"
    assert browser.get("/sign-on/new/saml/").status_code == 200


def test_an_admin_sets_one_up_by_pasting_its_metadata(idp, world_admin):
    form = {"name": "Acme", "slug": "acme", "metadata": idp.metadata, "wants_encryption": "on", "trusts_email": "on",
            "linking": "never", "provisioning": "create", "rules": "", "domains": "", "is_enabled": "on"}  # fmt: skip
    page = world_admin.post("/sign-on/new/saml/", form | {"metadata": "<html>"})
    assert page.status_code == 422
    assert "no metadata" in page.content.decode()
    made = world_admin.post("/sign-on/new/saml/", form)
    assert made.status_code == 302, made.content
    row = SignOnProvider.objects.get()
    assert (row.issuer, row.kind) == (idp.entity_id, "saml")
    page = world_admin.get(made["Location"]).content.decode()
    assert "http://testserver/accounts/sign-on/acme/metadata/" in page
    assert "says what is needed" in world_admin.post(f"/sign-on/{row.pk}/test/").content.decode()
    with SamlIssuer() as another:
        page = world_admin.post(made["Location"], form | {"metadata": another.metadata})
        assert page.status_code == 422
        assert "Add another provider" in page.content.decode()


def test_its_metadata_can_be_fetched(idp, world_admin):
    form = {"name": "Acme", "slug": "acme", "linking": "never", "provisioning": "create"}
    for address, sentence in (
        ("http://login.example.com/metadata", "must begin with https://"),
        ("http://127.0.0.1:9/x", "could not be read"),
        ("", "no metadata"),
    ):
        page = world_admin.post("/sign-on/new/saml/", form | {"address": address})
        assert page.status_code == 422
        assert sentence in page.content.decode()
    assert world_admin.post("/sign-on/new/saml/", form | {"address": f"{idp.url}/metadata"}).status_code == 302
    row = SignOnProvider.objects.get()
    assert (row.issuer, row.metadata) == (idp.entity_id, idp.metadata)


@pytest.fixture
def world_admin(db):
    browser = Client()
    browser.force_login(User.objects.create_user("ada@example.com", "x", roles=["admin"]))
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return browser


def test_the_environment_may_name_one(idp, settings):
    text = f"[acme]\nkind = \"saml\"\nprovisioning = \"create\"\ntrusts_email = true\nmetadata = '''{idp.metadata}'''"
    settings.ATTEST_SIGN_ON = read_providers(text, secret=lambda name: "")
    idp.learn(Client().get("/accounts/sign-on/acme/metadata/").content.decode())
    assert sign_in(Client(), idp).status_code == 302
    with pytest.raises(WrongProvidersError, match="metadata"):
        read_providers('[acme]\nkind = "saml"\nmetadata = "<x/>"', secret=lambda name: "")


BAD_METADATA = {
    "no XML": "hello",
    "an external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "a bomb": '<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>',
    "no provider": '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"/>',
    "too long": "<a>" + "x" * 600_000 + "</a>",
}


@pytest.mark.parametrize("name", BAD_METADATA)
def test_what_is_no_metadata_is_refused_with_a_sentence(name):
    with pytest.raises(WrongDescriptionError):
        read_description(BAD_METADATA[name])


def test_testing_says_what_is_wrong(idp):
    row = set_up(idp)
    SamlKey.objects.update(sealed_key="gAAAA")
    assert not tried(row.named()).is_good


@pytest.mark.parametrize("first", ["lxml.etree", "xmlsec"])
def test_both_xml_libraries_live_side_by_side(first):
    """They must be built on the same libxml2, or importing the second one fails."""
    code = f"import {first}, xmlsec, lxml.etree; from onelogin.saml2.auth import OneLogin_Saml2_Auth"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
