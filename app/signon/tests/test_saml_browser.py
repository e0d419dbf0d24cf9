"""Signing in by SAML in a real browser. The provider is on another site than the product, so cookies behave as live."""

import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.accounts.models import User
from app.signon.models import SignOnProvider
from app.signon.tests.saml_issuer import SamlIssuer
from app.signon.tests.saml_way import ACS, RULES
from app.tests.live import live_app
from app.web.tests.test_browser import CHROMIUM, FLAGS, PATIENCE_MS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed (apt install chromium)."),
]


@pytest.fixture
def idp(transactional_db: None) -> Iterator[SamlIssuer]:
    with SamlIssuer(host="localhost") as running:
        SignOnProvider.objects.create(
            slug="acme", name="Acme", kind="saml", issuer=running.entity_id, metadata=running.metadata, is_enabled=True,
            provisioning="create", trusts_email=True, rules=RULES,
        )  # fmt: skip
        yield running


@pytest.fixture
def page(idp: SamlIssuer, free_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator["Page"]:
    # Playwright works in a loop of its own, beside which the test looks into the database.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with live_app(free_port) as address, sync_playwright() as driver:
        with urllib.request.urlopen(f"{address}/accounts/sign-on/acme/metadata/", timeout=30) as answer:
            idp.learn(answer.read().decode())
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(base_url=address).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        yield page
        browser.close()
    assert complaints == []


def sign_in(page: "Page") -> None:
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Sign in with Acme").click()
    page.get_by_role("button", name="Sign in here").click()
    page.get_by_label("Your question").wait_for()


def sign_out(page: "Page") -> None:
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in with Acme").wait_for()


def groups_of(email: str) -> list[str]:
    return sorted(User.objects.get(email=email).groups.values_list("name", flat=True))


def test_in_with_groups_that_are_gone_at_the_next_sign_in(page: "Page", idp: SamlIssuer) -> None:
    posts = []
    page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    idp.person |= {"groups": ["finance-team"]}
    sign_in(page)
    assert groups_of("grace@example.com") == ["finance"]

    # The provider's own post comes without our session's cookie; only the second one, from our page, has it.
    cookies = [request.all_headers().get("cookie", "") for request in posts if request.url.endswith(ACS)]
    assert ["sessionid" in each for each in cookies] == [False, True]

    sign_out(page)
    idp.person |= {"groups": []}
    sign_in(page)
    assert groups_of("grace@example.com") == []


def test_without_scripts_there_is_a_button(page: "Page", idp: SamlIssuer) -> None:
    page.route("**/once_more*.js", lambda route: route.abort())
    page.goto("/accounts/sign-on/acme/")
    page.get_by_role("button", name="Sign in here").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your question").wait_for()


def test_an_answer_for_another_browser_is_refused(page: "Page", idp: SamlIssuer) -> None:
    """A page of an attacker posts an answer about the attacker's own account into the victim's browser."""
    page.goto("/accounts/sign-on/acme/")
    attackers = page.context.browser.new_context(base_url=page.url) if page.context.browser else None
    assert attackers is not None
    other = attackers.new_page()
    home = page.locator("form").get_attribute("action") or ""
    other.goto(home.replace("assertion/", ""))
    other.get_by_role("button", name="Sign in here").wait_for()
    page.set_content(other.content())
    page.get_by_role("button", name="Sign in here").click()
    page.get_by_text("begun in another window").wait_for()
    assert not User.objects.exists()
    attackers.close()
