"""Every format gives its headings, lists, tables and pages in reading order; what cannot be read says why."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from ingestion.documents import BlockKind, ParsedDocument
from ingestion.errors import FailureReason, IngestionError
from ingestion.formats.archive import MAX_MEMBER_BYTES
from ingestion.steps.parse import parse, title_from_name
from ingestion.tests import office_files


def shape(document: ParsedDocument) -> list[tuple[str, str]]:
    return [
        (block.kind.value, " / ".join("|".join(row) for row in block.rows) if block.rows else block.text)
        for block in document.blocks
    ]


def failure(data: bytes, name: str) -> IngestionError:
    with pytest.raises(IngestionError) as caught:
        parse(data, name)
    return caught.value


PRICE_TABLE = ("table", "Plan|Monthly price|Seats / Basic|10 EUR|5 / Team|25 EUR|20")


def test_markdown_keeps_structure_and_drops_marks_and_front_matter() -> None:
    page = (
        b'---\ntitle: "Leave policy"\nowner: hr\n---\n# Leave\n\n'
        b"Read [the form](http://x.example) ![a calendar](c.png).\n\n"
        b"- one\n  - nested\n\n3. third\n4. fourth\n\n| Grade | Days |\n|--|--|\n| A | **30** |\n\n"
        b"```sh\nls -l\n```\n<!-- note -->\n"
    )
    document = parse(page, "leave.md")
    assert document.title == "Leave policy"
    assert shape(document) == [
        ("heading", "Leave"),
        ("paragraph", "Read the form a calendar."),
        ("list_item", "one"),
        ("list_item", "nested"),
        ("list_item", "3. third"),
        ("list_item", "4. fourth"),
        ("table", "Grade|Days / A|30"),
        ("code", "ls -l\n"),
    ]
    assert [block.level for block in document.blocks if block.kind is BlockKind.LIST_ITEM] == [1, 2, 1, 1]


def test_markdown_html_is_read_and_bare_wrappers_are_not() -> None:
    document = parse(b"<div align='center'>\n\n# Title\n\n</div>\n\n<p>Inside <b>HTML</b></p>\n", "a.md")
    assert shape(document) == [("heading", "Title"), ("paragraph", "Inside HTML")]


def test_html_leaves_out_what_a_browser_does_not_show() -> None:
    page = b"""<html><head><title>Tickets - Intranet</title><style>p{}</style></head><body><nav>Home</nav>
      <main><h1>Tickets</h1><p>Open a ticket<br>first.</p><p hidden>hidden one</p>
      <p style="display: none">hidden two</p>
      <script>alert(1)</script><!-- comment --><ul><li>urgent <b>ones</b></li><li>others</li></ul>
      <table><tr><th>Level</th><th>Hours</th></tr>
      <tr><td rowspan=2>High</td><td>4</td></tr><tr><td>8</td></tr></table>
      <pre>a\n  b</pre></main><footer>Imprint</footer></body></html>"""
    document = parse(page, "page.html")
    assert document.title == "Tickets - Intranet"
    assert shape(document) == [
        ("heading", "Tickets"),
        ("paragraph", "Open a ticket first."),
        ("list_item", "urgent ones"),
        ("list_item", "others"),
        ("table", "Level|Hours / High|4 / High|8"),
        ("code", "a\n  b"),
    ]


def test_html_inside_one_large_form_is_read_without_its_controls() -> None:
    page = b"<body><form><h2>Hours</h2><p>Nine to five</p><input value=x>"
    page += b"<select><option>de</option></select></form></body>"
    assert shape(parse(page, "a.html")) == [("heading", "Hours"), ("paragraph", "Nine to five")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_text_is_read_in_any_encoding(encoding: str) -> None:
    text = "Die Prüfung über große Maßnahmen führt das Büro für Öffentlichkeit in München durch."
    text += "\n\n- erstens\n- zweitens"
    document = parse(text.encode(encoding), "notiz.txt")
    assert document.blocks[0].text.startswith("Die Prüfung über große")
    assert [block.text for block in document.blocks[1:]] == ["- erstens", "- zweitens"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_one_table_whatever_its_delimiter(separator: str) -> None:
    data = "\n".join(separator.join(row) for row in office_files.PRICES).encode()
    assert shape(parse(data, "prices.csv")) == [PRICE_TABLE]


def test_word_file_gives_headings_lists_and_tables() -> None:
    document = parse(office_files.word_file(), "policy.docx")
    assert document.title == "Travel policy"
    assert document.modified_at is not None
    assert document.modified_at.tzinfo is not None
    assert shape(document)[0] == ("heading", "Booking")
    assert shape(document)[2:] == [("heading", "Hotels"), ("list_item", "Up to 120 EUR a night"), PRICE_TABLE]
    assert [block.level for block in document.blocks if block.kind is BlockKind.HEADING] == [1, 2]


def test_word_file_keeps_content_controls_and_insertions() -> None:
    import docx
    from lxml import etree

    document = docx.Document()
    paragraph = document.add_paragraph("plain")
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    markup = (
        f'<w:sdt xmlns:w="{space}"><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>controlled</w:t></w:r>'
        "<w:ins><w:r><w:t> and inserted</w:t></w:r></w:ins></w:p></w:sdtContent></w:sdt>"
    )
    paragraph._p.addnext(etree.fromstring(markup))
    assert shape(parse(office_files.saved(document), "a.docx")) == [
        ("paragraph", "plain"), ("paragraph", "controlled and inserted"),
    ]  # fmt: skip


def test_slides_are_pages_with_their_title_first_and_their_notes_last() -> None:
    document = parse(office_files.slides_file(), "deck.pptx")
    assert document.page_count == 2
    assert [(block.page, block.text) for block in document.blocks] == [
        (1, "Roadmap"), (1, "Search in spring"), (1, "Speaker's notes: Say more about roadmap"),
        (2, "Budget"), (2, "Two hires"), (2, "Speaker's notes: Say more about budget"),
    ]  # fmt: skip


def test_visible_sheets_are_headings_with_tables() -> None:
    document = parse(office_files.workbook_file(), "price_list.xlsx")
    assert document.title == "price list"
    assert shape(document) == [("heading", "Prices"), PRICE_TABLE]


def test_pdf_gives_pages_headings_and_ruled_tables_with_running_lines_once() -> None:
    document = parse(office_files.pdf_file(), "report.pdf")
    assert (document.title, document.page_count) == ("Travel report", 4)
    first = [block for block in document.blocks if block.page == 1]
    assert [block.kind.value for block in first] == ["paragraph", "heading", "paragraph", "paragraph", "table"]
    assert first[1].text == "Chapter 1 overview"
    assert first[3].text == "The travel expenses are paid back in ten days."
    assert first[4].rows == tuple(map(tuple, office_files.PRICES))
    edges = [block.text for block in document.blocks if "Confidential" in block.text or "Page" in block.text]
    assert edges == ["Confidential - Northwind"]


def test_pdf_columns_without_rules_are_a_table() -> None:
    out = io.BytesIO()
    canvas = Canvas(out)
    for at, row in enumerate([("", "2025", "2024"), ("Revenue", "$ 1,204", "$ 980"), ("Costs", "800", "(710)")]):
        for left, text in zip((60, 260, 380), row, strict=True):
            canvas.drawString(left, 700 - 20 * at, text)
    canvas.drawString(60, 600, "All amounts are in thousands of euros and have not been audited.")
    canvas.save()
    blocks = parse(out.getvalue(), "figures.pdf").blocks
    assert blocks[0].rows == (
        ("", "2025", "2024"),
        ("Revenue", "$ 1,204", "$ 980"),
        ("Costs", "800", "(710)"),
    )
    assert blocks[1].text.startswith("All amounts")


def test_mail_carries_its_attachments_as_sections() -> None:
    inner = office_files.mail_file(("notes.txt", b"Bring a badge."), subject="Inner")
    document = parse(
        office_files.mail_file(("prices.csv", b"a,b\n1,2"), ("fwd.eml", inner), ("x.bin", b"\0\1\2\3" * 50)),
        "m.eml",
    )
    assert document.title == "Parking"
    texts = [text for _, text in shape(document)]
    assert {"From: Ann <ann@example.org>", "The garage is closed on Friday."} <= set(texts)
    headings = [(block.level, block.text) for block in document.blocks if block.kind is BlockKind.HEADING]
    assert headings == [(1, "Parking"), (2, "prices.csv"), (2, "fwd.eml"), (3, "Inner"), (4, "notes.txt")]
    assert {"a|b / 1|2", "Bring a badge."} <= set(texts)
    assert ["x.bin" in warning for warning in document.warnings] == [True]


def test_mails_inside_mails_end_somewhere() -> None:
    mail = office_files.mail_file()
    for _ in range(8):
        mail = office_files.mail_file(("inner.eml", mail))
    assert any("left out" in warning for warning in parse(mail, "m.eml").warnings)


def test_open_document_and_book_and_rich_text() -> None:
    assert shape(parse(office_files.open_document_text(), "leave.odt")) == [
        ("heading", "Leave"), ("paragraph", "Thirty days a year."),
        ("list_item", "Ask early"), ("table", "Grade|Days / A|30"),
    ]  # fmt: skip
    book = parse(office_files.book_file(), "guide.epub")
    assert book.title == "Field guide"
    assert [block.text for block in book.blocks] == ["Birds", "They fly.", "Fish", "They swim."]
    rich = parse(rb"{\rtf1\ansi{\info{\title Old memo}}Caf\'e9 hours\par Nine to five\par}", "memo.rtf")
    assert (rich.title, [block.text for block in rich.blocks]) == ("Old memo", ["Café hours", "Nine to five"])


def test_content_beats_the_name() -> None:
    document = parse(office_files.pdf_file(1), "report.docx")
    assert document.mime_type == "application/pdf"
    assert "named .docx but is PDF" in document.warnings[0]


def zip_bomb() -> bytes:
    return office_files.zip_file({"word/document.xml": bytes(MAX_MEMBER_BYTES + 1)})


def licensed_book() -> bytes:
    return office_files.zip_file({"mimetype": b"application/epub+zip", "META-INF/rights.xml": b"<r/>"})


def ole_file() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.txt", FailureReason.EMPTY),
        (b" \n\t", "a.md", FailureReason.EMPTY),
        (b"<html><body><script>x</script></body></html>", "a.html", FailureReason.EMPTY),
        (office_files.pdf_file(1, password="x"), "a.pdf", FailureReason.ENCRYPTED),
        (office_files.scanned_pdf(), "a.pdf", FailureReason.SCANNED),
        (office_files.pdf_file(1)[:200], "a.pdf", FailureReason.CORRUPT),
        (office_files.word_file()[:3000], "a.docx", FailureReason.CORRUPT),
        (ole_file(), "a.doc", FailureReason.CORRUPT),
        (office_files.zip_file({"a.txt": b"x"}), "a.zip", FailureReason.UNSUPPORTED),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "a.png", FailureReason.UNSUPPORTED),
        (zip_bomb(), "a.docx", FailureReason.TOO_LARGE),
        (licensed_book(), "a.epub", FailureReason.ENCRYPTED),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_for_good_with_a_sentence(data: bytes, name: str, reason: FailureReason) -> None:
    error = failure(data, name)
    assert error.reason is reason
    assert error.permanent
    assert error.message.endswith(".")
    assert error.message[0].isupper()


def test_xml_entities_are_not_expanded() -> None:
    entities = '<!ENTITY a "boom"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">'
    page = f"<!DOCTYPE r [{entities}]><r><p>text &b;&f;</p></r>"
    assert [block.text for block in parse(page.encode(), "a.xml").blocks] == ["text"]


def test_titles_come_from_metadata_then_heading_then_name() -> None:
    assert parse(b"# First heading\n\ntext", "x.md").title == "First heading"
    assert parse(b"only text", "docs/2024_travel-policy.md").title == "2024 travel policy"
    assert title_from_name("a/b/.hidden") == ".hidden"


def test_markdown_needs_no_heavy_library() -> None:
    code = (
        "import sys; from ingestion.steps.parse import parse; parse(b'# a', 'a.md');"
        "print([name for name in ('django', 'torch', 'spacy', 'unstructured') if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_numbered_clauses_of_a_contract_are_paragraphs_and_no_table() -> None:
    clause = "Tubes are warranted for the operating hours in Schedule 1, if used with the liquids listed there."
    rows = [[f"9.{number}", Paragraph(clause, getSampleStyleSheet()["BodyText"])] for number in range(1, 4)]
    story = Table(rows, colWidths=[34, 410])
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4).build([story])
    parsed = parse(buffer.getvalue(), "contract.pdf")
    assert [block.kind for block in parsed.blocks] == [BlockKind.PARAGRAPH] * 3
    assert parsed.blocks[1].text == f"9.2 {clause}"
