"""The main job in a real browser, on a real web server with a real worker."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.tests.live import live_app
from app.tests.world import PASSWORD, World, make_world

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE_MS = 60_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed (apt install chromium)."),
]


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def page(world: World, free_port: int) -> Iterator["Page"]:
    """A window of a new browser; an error in any script or a broken content policy fails the test."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with live_app(free_port) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(base_url=address).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        yield page
        browser.close()
    assert complaints == []


def sign_in(page: "Page", name: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Your question").wait_for()
    # A key that is pressed before the page's script has run is lost.
    page.wait_for_load_state()


def sign_out(page: "Page") -> None:
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Password").wait_for()


def ask(page: "Page", question: str) -> None:
    page.keyboard.press("/")
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".turn:last-child .answer:not(.is-running)").wait_for()


def pdf(path: Path) -> Path:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path))
    canvas.setFont("Helvetica", 18)
    canvas.drawString(72, 760, "Parking at the Delft office")
    canvas.setFont("Helvetica", 11)
    canvas.drawString(72, 720, "A parking permit for the Delft office costs 35 euros a month.")
    canvas.drawString(72, 700, "Permits are ordered from the front desk before the twentieth.")
    canvas.save()
    return path


def test_upload_ask_and_check(page: "Page", world: World, tmp_path: Path) -> None:
    sign_in(page, "ada")
    page.goto(f"/sources/{world.team_source.pk}/")
    page.locator("#upload-file").set_input_files(pdf(tmp_path / "parking.pdf"))
    page.locator(".upload", has_text="parking.pdf").get_by_text("Searchable").wait_for()
    page.locator("#source-documents", has_text="parking.pdf").wait_for()
    sign_out(page)

    sign_in(page, "alice")
    ask(page, "How much does a parking permit for the Delft office cost?")
    assert "/conversations/" in page.url
    answer = page.locator(".turn:last-child .answer")
    assert "35 euros a month" in answer.locator(".prose").inner_text()
    chip = answer.locator(".prose [data-chip]").first
    chip.hover()
    card = answer.locator(".cite.is-open .source-card")
    card.wait_for()
    assert "35 euros" in card.inner_text()
    assert "changed" in card.inner_text()

    page.mouse.move(2, 2)
    card.wait_for(state="hidden")
    chip.click()
    mark = page.locator("#cited")
    mark.wait_for()
    assert "35 euros a month" in " ".join(page.locator("mark").all_inner_texts())
    assert mark.evaluate("e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight }")
    sign_out(page)

    sign_in(page, "charlie")
    ask(page, "How much does a parking permit for the Delft office cost?")
    assert "you may read" in page.locator(".turn:last-child .not-found").inner_text()
    assert "35 euros" not in page.locator(".turn:last-child").inner_text()


def test_a_conversation_by_keyboard(page: "Page", world: World) -> None:
    sign_in(page, "alice")
    page.goto(f"/conversations/{world.conversation.pk}/")
    chip = page.locator(".prose [data-chip]").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if chip.evaluate("e => e === document.activeElement"):
            break
    page.locator(".cite.is-open .source-card").first.wait_for()
    page.keyboard.press("Escape")
    page.locator(".cite.is-open").wait_for(state="detached")

    page.get_by_label("It did not help").click()
    page.get_by_label("Something is missing").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Thank you, noted.").wait_for()

    page.locator(".conversation.is-current").get_by_label("Rename").click()
    page.locator("#dialog").get_by_label("Name").fill("Leave")
    page.locator("#dialog").get_by_role("button", name="Save").click()
    page.locator(".conversation.is-current", has_text="Leave").wait_for()
    page.locator(".conversation.is-current").get_by_label("Delete").click()
    page.locator("#dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/")
    assert page.locator(".conversation", has_text="Leave").count() == 0


@pytest.fixture
def allowed_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that admins may add; asked for before the page, as the server reads its settings when it starts."""
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.setenv("ATTEST_FOLDER_ROOTS", str(folder))
    return folder


def test_a_folder_is_tried_added_read_and_looked_after(allowed_folder: Path, page: "Page", world: World) -> None:
    pdf(allowed_folder / "parking.pdf")
    (allowed_folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    sign_in(page, "ada")
    page.goto("/sources/new/")
    page.get_by_role("link", name="Folder A folder on the server").click()
    page.get_by_label("Folder on the server").fill("/etc")
    page.get_by_role("button", name="Test connection").click()
    page.locator("#connection-result", has_text="not below one of ATTEST_FOLDER_ROOTS").wait_for()
    page.get_by_label("Folder on the server").fill(str(allowed_folder))
    page.get_by_role("button", name="Test connection").click()
    page.locator("#connection-result", has_text="2 files").wait_for()
    page.get_by_label("Name").fill("Facilities")
    page.get_by_label("Everybody who can sign in").check()
    page.get_by_role("button", name="Create source").click()
    page.locator("#source-status", has_text="1 document failing").wait_for()
    page.locator("#source-documents", has_text="parking.pdf").wait_for()

    page.get_by_role("link", name="Failures").click()
    retry = page.get_by_role("button", name="Retry selected")
    # The page's script switches it off as soon as it has loaded.
    page.locator("button:disabled", has_text="Retry selected").wait_for()
    page.get_by_label("All on this page").check()
    retry.click()
    page.get_by_text("Trying 1 document again.").wait_for()

    page.get_by_role("link", name="Runs", exact=True).click()
    page.locator(".run-table", has_text="complete").wait_for()
    page.get_by_label("More acts").click()
    page.get_by_role("link", name="Remove source…").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Type “Facilities” to confirm").fill("Facilities")
    dialog.get_by_role("button", name="Remove source").click()
    page.get_by_text("“Facilities” and its 2 documents are gone.").wait_for()


def test_a_key_of_several_lines_keeps_them_when_it_is_pasted(page: "Page", world: World) -> None:
    sign_in(page, "ada")
    page.goto("/sources/new/git/")
    page.evaluate("""() => {
        const field = document.querySelector('input[type=password]');
        const clipboardData = new DataTransfer();
        clipboardData.setData('text', 'first line\\nsecond line');
        field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }""")
    assert page.locator("textarea.masked").input_value() == "first line\nsecond line"


def test_the_theme_is_remembered(page: "Page", world: World) -> None:
    sign_in(page, "alice")
    page.emulate_media(color_scheme="light")
    page.get_by_label("Switch between light and dark").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


DROP = """([name, text]) => {
    const held = new DataTransfer();
    held.items.add(new File([text], name, { type: "text/plain" }));
    for (const kind of ["dragenter", "dragover", "drop"])
        document.getElementById("upload").dispatchEvent(
            new DragEvent(kind, { dataTransfer: held, bubbles: true, cancelable: true }));
}"""


def test_a_file_is_dropped_its_answer_copied_and_asked_again_on_a_telephone(page: "Page", world: World) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, "ada")
    page.goto(f"/sources/{world.team_source.pk}/")
    page.evaluate(DROP, ["bicycles.txt", "A bicycle may be leased for 19 euros a month.\n" * 3])
    page.locator(".upload", has_text="bicycles.txt").get_by_text("Searchable").wait_for()
    inside = str(page.locator("#source-documents a", has_text="bicycles").first.get_attribute("href"))
    assert too_wide(page, "/sources/", f"/sources/{world.team_source.pk}/", inside) == []
    sign_out(page)

    sign_in(page, "alice")
    ask(page, "What does leasing a bicycle cost a month?")
    last = page.locator(".turn:last-child .answer")
    last.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").first.wait_for()
    assert "19 euros a month" in page.evaluate("navigator.clipboard.readText()")
    last.get_by_role("button", name="Ask again").click()
    page.locator(".turn").nth(1).wait_for()
    page.locator(".turn:last-child .answer:not(.is-running)").wait_for()
    assert "19 euros a month" in page.locator(".turn:last-child .prose").inner_text()

    conversation = page.url
    page.locator(".turn:last-child .prose [data-chip]").first.click()
    page.locator("#cited").wait_for()
    assert too_wide(page, conversation, page.url, "/", "/library/") == []


def too_wide(page: "Page", *addresses: str) -> list[str]:
    """Those of the pages that have to be scrolled sideways."""
    wide = []
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(address)
    return wide
