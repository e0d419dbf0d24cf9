"""A provider that may be told to do wrong, set up here as an admin would.

Django is imported where it is used: pytest reads this file before the settings are.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.signon.tests.issuer import CLIENT_ID, CLIENT_SECRET, Issuer

if TYPE_CHECKING:
    from django.test import Client

    from app.signon.models import SignOnProvider

RULES = 'when groups contains "finance-team" then group "finance"\nwhen groups contains "graders" then role "reviewer"'


@pytest.fixture(autouse=True)
def _nobody_was_refused_before() -> None:
    """Not every refusal of a busy minute is written down."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture
def provider(issuer: Issuer, db: None) -> "SignOnProvider":
    from app.signon.models import SignOnProvider

    row = SignOnProvider(
        slug="acme", name="Acme", issuer=issuer.url, client_id=CLIENT_ID, is_enabled=True, provisioning="create",
        rules=RULES,
    )  # fmt: skip
    row.client_secret = CLIENT_SECRET
    row.save()
    return row


@pytest.fixture
def browser(provider: "SignOnProvider") -> "Client":
    from django.test import Client

    return Client()
