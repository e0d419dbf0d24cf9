"""Second factors in a real browser: an authenticator app's code, and a passkey of Chromium's virtual authenticator."""

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.accounts.tests.test_second_factors import totp
from app.tests.live import live_app
from app.tests.world import PASSWORD, World, make_world
from app.web.tests.test_browser import CHROMIUM, FLAGS, PATIENCE_MS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed (apt install chromium)."),
]


@pytest.fixture
def world(transactional_db: None) -> World:
    from django.core.cache import cache

    cache.clear()
    return make_world()


@pytest.fixture
def page(world: World, free_port: int) -> Iterator["Page"]:
    """A window of a new browser; an error in any script or a broken content policy fails the test."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with live_app(free_port) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        # Browsers give passkeys to names, not to numeric addresses.
        page = browser.new_context(base_url=address.replace("127.0.0.1", "localhost")).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        yield page
        browser.close()
    assert complaints == []


def give_password(page: "Page", name: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: "Page") -> None:
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Password").wait_for()


def test_an_app_is_set_up_and_its_code_signs_in(page: "Page", world: World) -> None:
    give_password(page, "ada")
    page.get_by_label("Your question").wait_for()
    page.get_by_label("Your account").click()
    page.get_by_role("link", name="Second factors").click()
    page.get_by_role("link", name="Set up").click()
    picture = page.locator(".totp-picture")
    assert picture.evaluate("e => e.complete && e.naturalWidth > 0")
    secret = page.locator("#totp-key").inner_text()
    used = time.time()
    page.get_by_label("Enter the code that the app shows").fill(totp(secret, used))
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    code = page.locator("#recovery-codes code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    sign_out(page)

    give_password(page, "ada")
    page.get_by_role("heading", name="One more step").wait_for()
    page.get_by_label("Code of your authenticator app").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text(re.compile("incorrect code", re.IGNORECASE)).wait_for()
    # A code that was used for setting up does not sign in, so the next half minute's is taken; it is accepted early.
    page.get_by_label("Code of your authenticator app").fill(totp(secret, used + 30))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Your question").wait_for()
    sign_out(page)

    give_password(page, "ada")
    page.get_by_label("Code of your authenticator app").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Your question").wait_for()


def test_a_passkey_signs_in_beside_a_password_and_without_one(page: "Page", world: World) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    authenticator = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    give_password(page, "ada")
    page.get_by_label("Your question").wait_for()
    page.goto("/accounts/second-factors/passkeys/add/")
    page.get_by_label("Name").fill("Test laptop")
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_text("Test laptop").wait_for()
    sign_out(page)

    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_label("Your question").wait_for()
    sign_out(page)

    give_password(page, "ada")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_label("Your question").wait_for()
    sign_out(page)

    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("Try again, or use another way").wait_for()
    assert page.locator("[data-passkey-error]").is_visible()
