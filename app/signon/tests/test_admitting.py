"""Who gets in through a provider, by its policy; whoever does not is told what to do."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core.management import CommandError, call_command
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


def test_an_address_that_was_given_to_somebody_else_does_not_open_the_account(browser, issuer, grace):
    """The provider itself says by another `sub` that it is another person: a namesake gets nothing of who left."""
    policy(linking="verified-email")
    sign_in(browser, issuer)
    issuer.person |= {"sub": "u-2"}
    namesake = Client()
    assert told(sign_in(namesake, issuer)) == "address_taken"
    assert "_auth_user_id" not in namesake.session
    assert [link.uid for link in SocialAccount.objects.filter(user=grace)] == ["u-1"]
    issuer.person |= {"sub": "u-1"}
    assert sign_in(Client(), issuer).status_code == 302


def test_an_admin_may_take_a_link_away_so_that_the_address_decides_again(browser, issuer, grace):
    policy(linking="verified-email")
    sign_in(browser, issuer)
    with pytest.raises(CommandError, match="not linked"):
        call_command("unlink_sign_on", grace.email, "other")
    with pytest.raises(CommandError, match="no account"):
        call_command("unlink_sign_on", "nobody@example.com", "acme")
    call_command("unlink_sign_on", "Grace@example.com", "acme")
    assert browser.get("/library/").status_code == 302
    assert last_event("sign_on_unlinked").details["provider"] == "acme"
    issuer.person |= {"sub": "u-2"}
    assert sign_in(Client(), issuer).status_code == 302
    assert [link.uid for link in SocialAccount.objects.filter(user=grace)] == ["u-2"]


def test_nobody_becomes_the_account_for_emergencies_before_it_is_there(browser, issuer, settings):
    settings.ATTEST_EMERGENCY_ACCOUNT = "grace@example.com"
    assert told(sign_in(browser, issuer)) == "address_taken"
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["erased-1@erased.invalid", "x@service.invalid", "command-line@localhost"])
def test_addresses_that_are_no_persons_are_nobodys(browser, issuer, email):
    issuer.person |= {"email": email}
    assert told(sign_in(browser, issuer)) == "address_taken"
    assert not User.objects.exists()


def test_a_name_holds_nothing_that_cannot_be_seen(browser, issuer):
    issuer.person |= {"name": " Ada\u202e\u0000 \u00a0Love\u200blace\n"}
    assert sign_in(browser, issuer).status_code == 302
    assert User.objects.get().name == "Ada Lovelace"


@pytest.mark.parametrize("subject", ["u" * 192, "u\u0000", "u\ud800"])
def test_a_name_at_the_provider_that_cannot_be_kept_is_refused(browser, issuer, subject):
    issuer.person |= {"sub": subject}
    assert told(sign_in(browser, issuer)) == "unverified"
