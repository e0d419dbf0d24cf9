"""A reviewer's hour in a real browser: two grade blind and differ, a third resolves, and one answer becomes a case."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from django.core.management import call_command
from django.db import connections

from app.accounts.models import Role, User
from app.reviews.models import CaseDraft, ReviewItem, Verdict
from app.reviews.sampling import sample
from app.tests.world import PASSWORD, World, answered_question
from app.web.tests import test_browser
from app.web.tests.test_browser import sign_in, sign_out
from evals.cases.case import read_cases

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = test_browser.pytestmark
world, page = test_browser.world, test_browser.page
T = TypeVar("T")

BEST = "222211"
QUESTIONS = ("How many days of leave do I have?", "Until when may I carry days of leave over?")


@pytest.fixture
def items(world: World, settings) -> list[ReviewItem]:
    """Bob, Charlie and Dora review. Two answers arrive, and each is to be graded twice."""
    settings.ATTEST_REVIEW_SHARE = settings.ATTEST_REVIEW_SECOND_PERCENT = 100
    User.objects.create_user("dora@example.com", PASSWORD, name="Dora")
    reviewing = ["bob@example.com", "charlie@example.com", "dora@example.com"]
    User.objects.filter(email__in=reviewing).update(roles=[Role.REVIEWER])
    world.conversation.delete()
    for question in QUESTIONS:
        answered_question(world.alice, question, world.handbook)
    assert sample() == len(QUESTIONS)
    return list(ReviewItem.objects.select_related("answer__question").order_by("due_at"))


def stored(read: Callable[[], T]) -> T:
    """What the database says: Playwright's thread runs a loop, in which Django does not ask it."""

    def once() -> T:
        try:
            return read()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(once).result()


def begin(page: "Page", name: str, says: str) -> None:
    sign_in(page, name)
    page.goto("/reviews/")
    page.get_by_text(says).wait_for()
    page.keyboard.press("Enter")
    page.locator("[data-rubric]").wait_for()
    page.wait_for_load_state()


def press(page: "Page", keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def grade(page: "Page", keys: str, then: str) -> None:
    """Levels by number, Enter, and wait for what comes next."""
    press(page, keys)
    page.keyboard.press("Enter")
    page.get_by_text(then).first.wait_for()
    # A key that is pressed before the new page's script has run is lost.
    page.wait_for_load_state()


def test_a_reviewers_hour(items: list[ReviewItem], page: "Page", tmp_path: Path) -> None:
    first, second = items

    begin(page, "bob", "2 answers wait for you")
    page.get_by_text("1 of 2").wait_for()
    assert "28 days" in " ".join(page.locator(".review-passage mark").all_inner_texts())
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Keys").wait_for(state="hidden")
    page.keyboard.press("Enter")
    page.get_by_text("Choose a level for each question first").wait_for()
    grade(page, BEST, "2 of 2")
    page.keyboard.press("u")
    page.get_by_text("Undone. Here is the answer again.").wait_for()
    page.wait_for_load_state()
    assert page.url.endswith(f"/reviews/{first.pk}/")
    grade(page, BEST, "2 of 2")
    assert page.url.endswith(f"/reviews/{second.pk}/")
    page.keyboard.press("s")
    reason = page.locator(".aside[open] input[type=radio]").first
    reason.wait_for()
    assert reason.evaluate("e => e === document.activeElement")
    assert reason.evaluate("e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight }")
    press(page, "2")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing waits for you at the moment.").wait_for()
    sign_out(page)

    begin(page, "charlie", "2 answers wait for you")
    assert "Second" not in page.locator("main").inner_text()
    press(page, "22")
    page.keyboard.press("k")
    press(page, "1")
    assert page.locator("[data-more]").evaluate("more => more.open")
    page.get_by_label("Left out something that matters").check()
    page.get_by_label("Corrected answer").fill(
        "28 days of leave a year, five of which may be carried over until March."
    )
    page.keyboard.press("Escape")
    grade(page, "0211", "2 of 2")
    press(page, "f1")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing waits for you at the moment.").wait_for()
    sign_out(page)
    assert stored(lambda: [each.state for each in ReviewItem.objects.order_by("due_at")]) == ["resolving", "flagged"]
    assert stored(Verdict.objects.filter(withdrawn_at=None).count) == 2

    begin(page, "dora", "1 answer waits for you")
    page.get_by_text("Two reviewers differ").wait_for()
    assert "Bob" not in page.locator("main").inner_text()
    page.locator(".is-different", has_text="Grounded").wait_for()
    grade(page, BEST, "Nothing waits for you at the moment.")
    page.get_by_role("link", name="Agreement").click()
    page.get_by_text("0 of 1").first.wait_for()
    page.goto(f"/reviews/{first.pk}/")
    page.get_by_role("link", name="Make it a case").click()
    assert "28 days" in page.get_by_label("Facts that it states").input_value()
    page.get_by_label("An ideal answer").fill("28 days of leave a year.")
    page.get_by_label("Facts that it states").fill("28 days | 28")
    page.get_by_role("button", name="Send it for approval").click()
    page.get_by_text("The case is drafted. Another person approves it.").wait_for()
    sign_out(page)

    sign_in(page, "bob")
    page.goto("/reviews/cases/")
    page.get_by_role("link", name="Look at it").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved. The next export holds it.").wait_for()
    assert stored(CaseDraft.objects.get).state == CaseDraft.State.APPROVED

    stored(lambda: call_command("export_cases", "--to", str(tmp_path)))
    found = read_cases(tmp_path)
    assert [(each.question, each.must, each.gold[0].document) for each in found] == [
        (first.answer.question.text, (("28 days", "28"),), "/handbook.md")
    ]
