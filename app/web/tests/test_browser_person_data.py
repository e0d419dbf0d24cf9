"""One's own data and another person's erasure in a real browser."""

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.tests.world import World
from app.web.tests.test_browser import page as a_page
from app.web.tests.test_browser import pytestmark as browser_marks
from app.web.tests.test_browser import sign_in
from app.web.tests.test_browser import world as a_world

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = browser_marks
page, world = a_page, a_world


def test_somebody_takes_their_data_along(world: World, page: "Page", tmp_path: Path) -> None:
    sign_in(page, "alice")
    page.get_by_label("Your account").click()
    page.get_by_role("link", name="Your data").click()
    page.get_by_role("button", name="Make the file").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "data.zip")
    with zipfile.ZipFile(tmp_path / "data.zip") as archive:
        assert world.question.text in archive.read("conversations.json").decode()


def test_an_admin_erases_somebody_who_left(world: World, page: "Page") -> None:
    sign_in(page, "ada")
    page.goto(f"/people/{world.alice.pk}/")
    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_role("link", name="Erase…").click()
    page.get_by_label("Type “alice@example.com” to confirm").fill("alice@example.com")
    page.get_by_role("button", name="Erase for good").click()
    page.get_by_role("heading", name=f"Erasure of account {world.alice.pk}").wait_for()
    assert page.get_by_text("alice@example.com").count() == 0
    page.goto("/people/")
    assert page.get_by_text("bob@example.com").count() > 0
    assert page.get_by_text("alice@example.com").count() == 0
