"""Whoever tries too often gets a page of ours that says what to do."""

import pytest
from django.core.cache import cache

pytestmark = pytest.mark.django_db


def test_the_page_for_too_many_tries_is_ours(visitors):
    cache.clear()
    browser = visitors.alice
    tries = [browser.post("/accounts/reauthenticate/", {"password": "wrong"}) for _ in range(11)]
    refused = tries[-1]
    assert refused.status_code == 429
    assert "Too many tries" in refused.text
    assert "Wait a minute" in refused.text
    assert "error.css" in refused.text
