"""What the page of a provider tells an admin to register there, and an example of claims to try."""

import json

from django.http import HttpRequest
from django.urls import reverse

from app.signon.models import SignOnProvider
from app.signon.named_providers import Kind

OPENID = (
    ("Redirect address", "sign_on_callback"),
    ("Back-channel logout address", "sign_on_back_channel_logout"),
)
SAML = (
    ("Metadata, also our name (entity ID, audience)", "sign_on_metadata"),
    ("Where answers go (assertion consumer service)", "sign_on_assertion"),
)
EXAMPLE = {"sub": "1234", "email": "somebody@example.com", "email_verified": True, "groups": ["finance-team"]}


def addresses_of(request: HttpRequest, provider: SignOnProvider) -> list[tuple[str, str]]:
    """Each with its label. After signing out the provider comes back to the sign-in page."""
    named = SAML if provider.kind == Kind.SAML else (*OPENID, ("Address after signing out", "account_login"))
    return [
        (label, request.build_absolute_uri(reverse(name, args=[] if name == "account_login" else [provider.slug])))
        for label, name in named
    ]


def example_claims() -> str:
    return json.dumps(EXAMPLE, indent=2)
