"""Who gets in through a provider, by its policy; whoever does not is told what to do."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from app.accounts.models import User
from app.signon.models import SignOnProvider
from app.signon.tests.whole_way import last_event, sign_in


def told(response):
    assert response.status_code == 403
    return last_event("sign_in_failed").details["reason"]


@pytest.fixture
def grace(db):
    return User.objects.create_user("grace@example.com", "a long enough password")


def policy(**values):
    SignOnProvider.objects.update(**values)


def test_without_an_invitation_nobody_gets_in(browser, issuer):
    policy(provisioning="refuse")
    response = sign_in(browser, issuer)
    assert told(response) == "not_invited"
    assert "Ask an admin to invite you." in response.content.decode()
    assert User.objects.count() == 0


def test_an_account_is_never_linked_where_the_policy_says_never(browser, issuer, grace):
    assert told(sign_in(browser, issuer)) == "address_taken"
    assert not SocialAccount.objects.exists()


def test_an_account_is_linked_by_a_verified_address_where_the_policy_says_so(browser, issuer, grace):
    policy(linking="verified-email")
    issuer.person |= {"email": "Grace@Example.com"}
    assert sign_in(browser, issuer).status_code == 302
    assert browser.session["_auth_user_id"] == str(grace.pk)
    assert last_event("sign_on_linked").details["provider"] == "acme"


@pytest.mark.parametrize("verified", [False, None, "false", "False", 0, [True, False]])
def test_an_unverified_address_links_and_makes_nothing(browser, issuer, grace, verified):
    policy(linking="verified-email")
    issuer.person |= {"email_verified": verified}
    assert told(sign_in(browser, issuer)) == "email_unverified"
    issuer.person |= {"email": "new@example.com"}
    assert told(sign_in(browser, issuer)) == "email_unverified"
    assert User.objects.count() == 1


def test_addresses_of_a_trusted_provider_count_as_verified(browser, issuer, grace):
    policy(linking="verified-email", trusts_email=True)
    del issuer.person["email_verified"]
    assert sign_in(browser, issuer).status_code == 302


def test_an_account_whose_own_address_was_never_confirmed_is_not_linked(browser, issuer, grace):
    policy(linking="verified-email")
    EmailAddress.objects.create(user=grace, email=grace.email, verified=False)
    assert told(sign_in(browser, issuer)) == "address_taken"


def test_programs_and_the_account_for_emergencies_are_not_linked(browser, issuer, grace, settings):
    policy(linking="verified-email")
    settings.ATTEST_EMERGENCY_ACCOUNT = grace.email
    assert told(sign_in(browser, issuer)) == "address_taken"
    settings.ATTEST_EMERGENCY_ACCOUNT = ""
    owner = User.objects.create_user("owner@example.com", "x")
    User.objects.filter(pk=grace.pk).update(kind=User.Kind.SERVICE, owner=owner, password="!")
    assert told(sign_in(browser, issuer)) == "address_taken"


@pytest.mark.parametrize(
    "email", [None, "", "no address", "a@b@c.example", "x" * 260 + "@example.com", ["a@x.example", "b@x.example"]]
)
def test_without_a_proper_address_nobody_new_gets_in(browser, issuer, email):
    issuer.person |= {"email": email}
    assert told(sign_in(browser, issuer)) == "no_email"


@pytest.mark.parametrize("email", ["grace@example.org", "grace@sub.example.com", "grace@example.com.evil.example"])
def test_only_allowed_domains_get_in(browser, issuer, email):
    policy(domains=["example.com"])
    assert sign_in(Client(), issuer).status_code == 302
    issuer.person |= {"email": email, "sub": "u-9"}
    assert told(sign_in(browser, issuer)) == "domain"


def test_a_domain_holds_for_linked_accounts_too(browser, issuer):
    assert sign_in(browser, issuer).status_code == 302
    policy(domains=["example.net"])
    assert told(sign_in(Client(), issuer)) == "domain"
    policy(domains=["example.com"])
    issuer.person |= {"email_verified": False}
    assert told(sign_in(Client(), issuer)) == "email_unverified"


def test_a_closed_account_stays_closed(browser, issuer):
    sign_in(browser, issuer)
    User.objects.update(is_active=False)
    assert told(sign_in(Client(), issuer)) == "closed"
    assert browser.get("/library/").status_code == 302
    assert not User.objects.get().is_active


def test_a_provider_that_took_over_a_short_name_opens_no_accounts_of_the_former(browser, issuer):
    sign_in(browser, issuer)
    SocialAccount.objects.update(extra_data={"issuer": "https://the-former.example"})
    assert told(sign_in(Client(), issuer)) == "issuer"


def test_a_refusal_changes_no_rights(browser, issuer):
    issuer.person |= {"groups": ["finance-team"]}
    sign_in(browser, issuer)
    policy(domains=["example.net"])
    issuer.person |= {"groups": []}
    sign_in(Client(), issuer)
    assert User.objects.get().groups.count() == 1
