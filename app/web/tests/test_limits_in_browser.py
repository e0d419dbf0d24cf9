"""In a real browser: a refused question stays in the box, with a sentence that says when to ask again."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.tests.world import World
from app.usage import valkey
from app.web.tests.test_browser import page, pytestmark, sign_in, world

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["page", "pytestmark", "world"]


@pytest.fixture
def one_question_a_minute(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Asked for before the page, as the server reads its settings when it starts."""
    valkey.forget()
    valkey.storage().reset()
    monkeypatch.setitem(os.environ, "ATTEST_LIMITS", "1/m/user")
    yield
    valkey.storage().reset()


def test_a_refused_question_stays_in_the_box(one_question_a_minute: None, page: "Page", world: World) -> None:  # noqa: F811
    sign_in(page, "alice")
    box = page.get_by_label("Your question")
    box.fill("How much may the team spend?")
    page.keyboard.press("Enter")
    page.locator(".turn").first.wait_for()
    box.fill("And what about hotels?")
    page.keyboard.press("Enter")
    page.get_by_text("You have asked 1 question in a minute. Ask again in").wait_for()
    assert box.input_value() == "And what about hotels?"
    assert page.locator(".turn").count() == 1
