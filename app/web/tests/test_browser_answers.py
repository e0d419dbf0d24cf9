"""Answers in a real browser: stopped while they are written, checked sentence by sentence, narrowed and explained."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import pytest
from django.db import connections

from app.answers.models import Answer, AnswerSentence, CitationReport, Question
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.tests.live import live_app
from app.tests.world import World, make_world
from app.web.tests.test_browser import CHROMIUM, FLAGS, PATIENCE_MS, ask, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed (apt install chromium)."),
]
# Slow enough to be stopped midway on a busy machine, and with a source in its first sentence.
SLOW_MODEL = "mock-itl400-cite"
# How much of what was on the screen moved, as browsers measure it; below 0.1 counts as good.
WATCH_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifts.push(each.value);
    }).observe({ type: 'layout-shift', buffered: true });
"""
GOOD_SHIFT = 0.1
T = TypeVar("T")


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def page(world: World, free_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator["Page"]:
    """A window on a product whose model writes slowly; an error in any script or a broken content policy fails."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with MisbehavingServer() as model:
        monkeypatch.setenv("LLM_BASE_URL", model.url)
        monkeypatch.setenv("LLM_MODEL", SLOW_MODEL)
        monkeypatch.setenv("LLM_TOKEN_TIMEOUT_S", "60")
        with live_app(free_port) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_context(base_url=address).new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
            yield page
            browser.close()
    assert complaints == []


def stored(look: Callable[[], T]) -> T:
    """What the database says. The browser's driver keeps an event loop in this thread, where Django refuses to ask."""

    def run() -> T:
        try:
            return look()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


def begin(page: "Page", question: str) -> None:
    page.keyboard.press("/")
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".turn:last-child .draft", has_text=re.compile(r"\w \w")).wait_for()


def doubt(answer: Answer) -> None:
    """Two sentences of a model: a figure in the first one is not in its source."""
    text = "The team may spend 500,000 euros. [1] It is kept until July. [1]"
    Answer.objects.filter(pk=answer.pk).update(text=text, mode=Answer.Mode.MODEL, model="llama")
    for ordinal, (start, end, verdict) in enumerate(((0, 33, "weak"), (38, 60, "supported"))):
        AnswerSentence.objects.create(
            answer=answer, ordinal=ordinal, start=start, end=end, verdict=verdict, support=0.5, markers=[1],
            problems=[{"kind": "number", "said": "500,000"}] if verdict == "weak" else [],
        )  # fmt: skip


def tab_to(page: "Page", target: "Locator") -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("the keyboard never got there")


def test_escape_stops_an_answer_that_is_being_written(page: "Page", world: World) -> None:
    sign_in(page, "alice")
    begin(page, "How many days of leave does everybody have a year, and how much may the team spend?")
    page.keyboard.press("Escape")
    answer = page.locator(".turn:last-child .answer:not(.is-running)")
    answer.wait_for()
    assert "Stopped by you" in answer.inner_text()
    page.locator("#live", has_text="Stopped by you").wait_for(state="attached")
    assert stored(lambda: Answer.objects.latest("pk").stop_asked_at) is not None


def test_the_page_holds_still_while_an_answer_streams(page: "Page", world: World) -> None:
    sign_in(page, "alice")
    page.evaluate(WATCH_SHIFTS)
    ask(page, "How many days of leave does everybody have a year?")
    page.wait_for_timeout(300)
    assert sum(page.evaluate("window.shifts")) < GOOD_SHIFT


def test_a_doubtful_sentence_is_told_by_pointer_and_by_keyboard(page: "Page", world: World) -> None:
    stored(lambda: doubt(world.answer))
    sign_in(page, "alice")
    page.goto(f"/conversations/{world.conversation.pk}/")
    doubtful, fine = page.locator(".said-weak"), page.locator(".said-good")
    fine.locator(".said-text").hover(position={"x": 20, "y": 8})
    page.locator(".said-good.is-open .said-words", has_text="Supported by [1]").wait_for()
    # The card of a citation comes before the words about its sentence, and says them too.
    doubtful.locator("[data-chip]").hover()
    page.locator(".cite.is-open .source-card", has_text="1 number not found: 500,000").wait_for()
    assert page.locator(".said.is-open").count() == 0
    page.mouse.move(2, 2)
    tab_to(page, doubtful.locator("[data-said-mark]"))
    words = page.locator(".said-weak.is-open .said-words")
    words.wait_for()
    box = words.bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 1280
    page.keyboard.press("Escape")
    words.wait_for(state="hidden")


def test_filters_are_chosen_seen_and_removed(page: "Page", world: World) -> None:
    sign_in(page, "alice")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Handbook").check()
    page.get_by_label("Changed since").fill("2024-01-31")
    page.keyboard.press("Escape")
    page.get_by_label("Remove the filter for the day of change").click()
    begin(page, "How many days of leave does everybody have a year?")
    assert stored(lambda: Question.objects.latest("pk").filters) == {"sources": [world.handbook_source.pk]}
    assert page.locator(".turn:last-child .narrowing").inner_text().strip().endswith("Handbook")
    page.locator(".turn:last-child .answer:not(.is-running)").wait_for()
    page.get_by_label("Remove the filter Handbook").click()
    assert page.locator(".filter-chip").count() == 0
    assert page.locator("[data-filter]:checked").count() == 0


def test_why_is_loaded_when_it_is_opened_and_a_wrong_citation_is_reported(page: "Page", world: World) -> None:
    sign_in(page, "alice")
    page.goto(f"/conversations/{world.conversation.pk}/")
    assert page.locator(".why-parts").count() == 0
    page.get_by_text("Why this answer").click()
    page.locator(".why-parts", has_text="Passages that were found").wait_for()

    page.get_by_label("Report source 1 as wrong").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("What does the source really say?").fill("It says 48,000.")
    dialog.get_by_role("button", name="Report it").click()
    page.locator(".reported").wait_for()
    assert not dialog.is_visible()
    assert stored(lambda: CitationReport.objects.get().comment) == "It says 48,000."
    page.get_by_label("Take back the report of source 1").click()
    page.get_by_label("Report source 1 as wrong").wait_for()
    assert not stored(CitationReport.objects.exists)


def test_everything_to_press_has_a_name_and_no_id_comes_twice(page: "Page", world: World) -> None:
    sign_in(page, "alice")
    page.goto(f"/conversations/{world.conversation.pk}/")
    page.get_by_text("Why this answer").click()
    page.locator(".why-parts").wait_for()
    nameless = page.evaluate("""() => [...document.querySelectorAll(
            'button, a[href], input:not([type=hidden]), textarea, summary')]
        .filter((each) => !(each.ariaLabel || each.textContent.trim() || each.title || each.labels?.length))
        .map((each) => each.outerHTML.slice(0, 120))""")
    assert nameless == []
    twice = page.evaluate("""() => {
        const ids = [...document.querySelectorAll('[id]')].map((each) => each.id);
        return ids.filter((id, place) => ids.indexOf(id) !== place);
    }""")
    assert twice == []


def test_the_admin_menu_works_on_a_phone(page: "Page", world: World) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, "ada")
    page.get_by_text("Admin", exact=True).click()
    page.locator(".nav-menu").get_by_role("link", name="Sources").click()
    page.wait_for_url("**/sources/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
