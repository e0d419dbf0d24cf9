"""A sign-in by SAML from the button to the last answer."""

from functools import cache
from typing import Any

from django.test import Client

from app.secrets_at_rest import seal, unseal
from app.signon.models import SamlKey, SignOnProvider
from app.signon.saml_keys import PURPOSE, make_key
from app.signon.tests.saml_issuer import SamlIssuer

RULES = 'when groups contains "finance-team" then group "finance"\nwhen groups contains "graders" then role "reviewer"'
ACS = "/accounts/sign-on/acme/assertion/"


def set_up(issuer: SamlIssuer, **changes: Any) -> SignOnProvider:
    """As two admins do: theirs gives us the metadata, ours gives them ours."""
    row = SignOnProvider.objects.create(
        slug="acme", name="Acme", kind="saml", issuer=issuer.entity_id, metadata=issuer.metadata, is_enabled=True,
        provisioning="create", trusts_email=True, rules=RULES, **changes,
    )  # fmt: skip
    certificate, private = our_key()
    SamlKey.objects.create(certificate=certificate, sealed_key=seal({"key": private}, PURPOSE))
    issuer.learn(Client().get("/accounts/sign-on/acme/metadata/").content.decode())
    return row


@cache
def our_key() -> tuple[str, str]:
    """Made once for a run of tests, as it takes a while."""
    row = make_key()
    private = unseal(row.sealed_key, PURPOSE)["key"]
    row.delete()
    return row.certificate, private


def begin(browser: Client, query: str = "") -> str:
    there = browser.get(f"/accounts/sign-on/acme/{query}")
    assert there.status_code == 302, there.content
    return str(there["Location"])


def deliver(browser: Client, answer: str, to: str = ACS) -> Any:
    """The second of the two posts, which comes from our own page."""
    return browser.post(to, {"SAMLResponse": answer, "once_more": "1"})


def sign_in(browser: Client, issuer: SamlIssuer, query: str = "") -> Any:
    to, answer = issuer.answer(begin(browser, query))
    assert to == f"http://testserver{ACS}"
    return deliver(browser, answer)
