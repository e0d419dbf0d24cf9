"""The pages of quality in a real browser: drawn under the content policy, and no wider than a phone."""

from typing import TYPE_CHECKING

import pytest

from app.tests.world import World
from app.web.tests.test_browser import page, pytestmark, sign_in, world

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["page", "pytestmark", "world"]


@pytest.fixture
def addresses(world: World) -> list[str]:  # noqa: F811
    """Asked for before the page, as Playwright's thread runs a loop in which Django does not ask the database."""
    run, signal = world.evaluation_run, world.signal
    assert world.topic
    lists = ["/quality/?days=30", "/quality/unanswered/", "/quality/runs/", "/quality/signals/"]
    return [
        *lists,
        f"/quality/runs/{run.pk}/",
        f"/quality/runs/{run.pk}/leave-days-01/",
        f"/quality/signals/{signal.pk}/",
    ]


def test_pages_of_quality_are_drawn(addresses: list[str], page: "Page") -> None:  # noqa: F811
    """The fixture of the page fails the test for any error of a script or of the content policy."""
    sign_in(page, "ada")
    for address in addresses:
        answered = page.goto(address)
        assert answered is not None
        assert answered.ok, address
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)
