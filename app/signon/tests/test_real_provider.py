"""Signing in and out in a real browser, against a certified OpenID provider."""

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.accounts.models import User
from app.signon.models import SignOnProvider
from app.signon.tests.real_provider import CLIENT_SECRET, real_provider, tell
from app.tests.live import live_app
from app.web.tests.test_browser import CHROMIUM, FLAGS, PATIENCE_MS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed (apt install chromium)."),
]
WITH_FINANCE = {"email": "grace@example.com", "email_verified": True, "name": "Grace", "groups": ["finance-team"]}


def another_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def issuer(free_port: int, transactional_db: None) -> Iterator[str]:
    with real_provider(another_port(), f"http://127.0.0.1:{free_port}") as address:
        row = SignOnProvider(
            slug="acme", name="Acme", issuer=address, client_id="attest", is_enabled=True, provisioning="create",
            scopes=["openid", "email", "profile", "groups"],
            rules='when groups contains "finance-team" then group "finance"',
        )  # fmt: skip
        row.client_secret = CLIENT_SECRET
        row.save()
        yield address


@pytest.fixture
def page(issuer: str, free_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator["Page"]:
    # Playwright works in a loop of its own, beside which the test looks into the database.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with live_app(free_port) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(base_url=address).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda line: complaints.append(line.text) if is_ours(line, address) else None)
        yield page
        browser.close()
    assert complaints == []


def is_ours(line: object, address: str) -> bool:
    return "Content Security" in line.text and line.location.get("url", "").startswith(address)  # type: ignore[attr-defined]


def sign_in(page: "Page", name: str) -> None:
    """The provider asks for the name the first time, and whether we may know things."""
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Sign in with Acme").click()
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill("anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your question").wait_for()


def groups_of(email: str) -> list[str]:
    return sorted(User.objects.get(email=email).groups.values_list("name", flat=True))


def test_in_with_groups_and_out_again_both_ways(page: "Page", issuer: str) -> None:
    tell(issuer, "grace", **WITH_FINANCE)
    sign_in(page, "grace")
    assert groups_of("grace@example.com") == ["finance"]

    # Signing out here leads to the provider, which asks, ends its own session and sends the browser back.
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.get_by_role("link", name="Sign in with Acme").wait_for()
    assert page.url.startswith(page.evaluate("location.origin") + "/accounts/login/")
    page.goto("/library/")
    assert "/accounts/login/" in page.url

    # What the provider no longer says is gone at the next sign-in.
    tell(issuer, "grace", **WITH_FINANCE | {"groups": []})
    sign_in(page, "grace")
    assert groups_of("grace@example.com") == []

    # Signing out at the provider ends the session here: it calls us itself.
    home = page.evaluate("location.origin")
    page.goto(f"{issuer}/session/end")
    page.get_by_role("button", name="Yes, sign me out").click()
    page.get_by_text("Sign-out Success").wait_for()
    page.goto(f"{home}/library/")
    assert "/accounts/login/" in page.url


def test_whoever_is_not_invited_reads_what_to_do(page: "Page", issuer: str) -> None:
    SignOnProvider.objects.update(provisioning="refuse")
    tell(issuer, "mallory", email="mallory@example.com", email_verified=True)
    page.goto("/accounts/sign-on/acme/")
    page.locator("input[name=login]").fill("mallory")
    page.locator("input[name=password]").fill("anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Ask an admin to invite you.").wait_for()
    assert not User.objects.filter(email="mallory@example.com").exists()
