"""Keys, groups and the audit log by keyboard alone, and the pages about people on a telephone."""

from typing import TYPE_CHECKING, Literal

import pytest

from app.accounts.models import ApiKey, Role
from app.tests.world import World
from app.web.tests.test_browser import page as a_page
from app.web.tests.test_browser import pytestmark as browser_marks
from app.web.tests.test_browser import sign_in
from app.web.tests.test_browser import world as a_world

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = browser_marks
page, world = a_page, a_world

LONG = "Wilhelmina-Constance van der Bergen-Hartmann-Hohenlohe-Öhringen"


@pytest.fixture(autouse=True)
def database_beside_playwright(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright works in a loop of its own, beside which the tests look into the database."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def tab_to(page: "Page", target: "Locator") -> None:
    target.wait_for()
    for _ in range(80):
        if target.evaluate("e => e === document.activeElement"):
            outline = target.evaluate("e => getComputedStyle(e).outlineStyle")
            assert outline != "none"
            return
        page.keyboard.press("Tab")
    raise AssertionError("The key Tab does not lead there.")


def test_a_key_is_made_and_revoked_by_keyboard(page: "Page", world: World) -> None:
    sign_in(page, "charlie")
    page.goto("/account/keys/")
    tab_to(page, page.get_by_label("What is the key for?"))
    page.keyboard.type("Laptop script")
    tab_to(page, page.get_by_label("judge answers"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Create key"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your new key").wait_for()
    key = ApiKey.objects.get(user=world.charlie, name="Laptop script")
    assert "feedback" not in key.scopes

    tab_to(page, page.get_by_role("link", name="Revoke Laptop script"))
    page.keyboard.press("Enter")
    page.locator("#dialog").get_by_role("heading", name="Revoke the key").wait_for()
    page.keyboard.press("Escape")
    page.locator("#dialog").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Revoke Laptop script"
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#dialog").get_by_role("button", name="Revoke key"))
    page.keyboard.press("Enter")
    page.get_by_text("“Laptop script” is revoked.").wait_for()
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_a_group_is_made_by_keyboard(page: "Page", world: World) -> None:
    sign_in(page, "ada")
    page.goto("/groups/")
    tab_to(page, page.get_by_label("New group"))
    page.keyboard.press("Enter")
    page.get_by_text("This field is required.").wait_for()
    tab_to(page, page.get_by_label("New group"))
    page.keyboard.type("Works council")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Works council").wait_for()


def test_the_audit_log_is_narrowed_by_keyboard(page: "Page", world: World) -> None:
    sign_in(page, "ada")
    page.goto("/audit/")
    tab_to(page, page.get_by_label("Who"))
    page.keyboard.type("nobody-of-that-name")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="No entry fits").wait_for()
    tab_to(page, page.get_by_role("link", name="Clear"))
    page.keyboard.press("Enter")
    page.locator(".audit-table").wait_for()
    tab_to(page, page.get_by_label("What"))
    page.keyboard.type("Signed in")
    tab_to(page, page.get_by_role("button", name="Search"))
    page.keyboard.press("Enter")
    page.wait_for_url("**what=signed_in**")
    assert set(page.locator(".audit-table tbody td:nth-child(3)").all_inner_texts()) == {"Signed in"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_long_names_do_not_widen_a_page_on_a_phone(
    page: "Page", world: World, scheme: Literal["light", "dark"]
) -> None:
    person, source = world.alice, world.team_source
    person.name, person.email = LONG, f"{LONG[:20].lower()}.van.der.bergen.hartmann.hohenlohe@example.com"
    person.roles = [Role.REVIEWER, Role.AUDITOR]
    person.save()
    world.team.name = LONG
    world.team.save()
    ApiKey.objects.filter(pk=world.key.pk).update(name=LONG, networks=["2001:db8:85a3:1:2:3::/96", "10.1.0.0/16"])
    sign_in(page, "ada")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    too_wide = [
        address
        for address in (
            "/people/", "/people/new/", "/people/services/new/", f"/people/{person.pk}/", f"/people/{person.pk}/reads/",
            f"/people/{person.pk}/data/", f"/people/{person.pk}/erase/", "/groups/", f"/groups/{world.team.pk}/",
            "/roles/", "/keys/", "/account/keys/", f"/sources/{source.pk}/readers/", "/audit/", "/audit/holds/new/",
            "/sign-on/", "/sign-on/new/oidc/", "/sign-on/new/saml/", "/provisioning/", "/personal-data/kept/",
            "/account/data/", "/accounts/sessions/", "/accounts/second-factors/", "/accounts/second-factors/app/",
            "/accounts/password/change/", "/accounts/reauthenticate/",
        )
        if is_too_wide(page, address)
    ]  # fmt: skip
    assert too_wide == []


def is_too_wide(page: "Page", address: str) -> bool:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))
