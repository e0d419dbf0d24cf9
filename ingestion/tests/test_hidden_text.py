"""What no reader of a file sees is dropped and counted; what only looks hidden to a program stays."""

from __future__ import annotations

import io

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt as WordPt
from docx.shared import RGBColor
from openpyxl.styles import Font, PatternFill
from pptx.dml.color import RGBColor as SlideColor
from pptx.util import Inches, Pt
from reportlab.lib import colors
from reportlab.pdfgen.canvas import Canvas

from ingestion.documents import LeftOut
from ingestion.steps.clean import clean
from ingestion.steps.parse import parse
from ingestion.tests import office_files

WHITE = RGBColor(255, 255, 255)


def read(data: bytes, name: str) -> tuple[str, dict[LeftOut, int]]:
    document = parse(data, name)
    return clean(document).text, {kind: count for kind, count in document.left_out.items() if count}


def html(body: str, head: str = "") -> tuple[str, dict[LeftOut, int]]:
    return read(f"<html><head>{head}</head><body><p>seen</p>{body}</body></html>".encode(), "a.html")


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("<p hidden>unseen</p>", LeftOut.HIDDEN),
        ('<p style="display: none !important">unseen</p>', LeftOut.HIDDEN),
        ('<p style="visibility:hidden">unseen</p>', LeftOut.HIDDEN),
        ('<p style="opacity:0">unseen</p>', LeftOut.HIDDEN),
        ('<div style="height:0;overflow:hidden">unseen</div>', LeftOut.HIDDEN),
        ('<p>seen <span style="font-size:0">unseen</span></p>', LeftOut.TINY),
        ('<p style="font-size:1px">unseen</p>', LeftOut.TINY),
        ('<p style="color:#FFF">unseen</p>', LeftOut.SAME_COLOUR),
        ('<p><font color="white">unseen</font></p>', LeftOut.SAME_COLOUR),
        ('<p style="color:rgb(0, 0, 0);background:black">unseen</p>', LeftOut.SAME_COLOUR),
        ('<p style="position:absolute;left:-9999px">unseen</p>', LeftOut.OFF_PAGE),
        ('<p style="text-indent:-999px">unseen</p>', LeftOut.OFF_PAGE),
        ("<p>seen" + "".join(chr(0xE0000 + ord(letter)) for letter in "unseen") + "</p>", LeftOut.INVISIBLE),
    ],
)
def test_html_drops_and_counts_what_a_browser_does_not_show(markup: str, reason: LeftOut) -> None:
    text, left_out = html(markup)
    assert "unseen" not in text
    assert left_out == {reason: 1}


@pytest.mark.parametrize(
    "markup",
    [
        '<table><tr><td bgcolor="#003366"><span style="color:white">kept</span></td><td>b</td></tr></table>',
        '<div style="background-image:url(dark.png)"><p style="color:white">kept</p></div>',
        '<td style="font-size:0"><span style="font-size:14px">kept</span></td>',
        '<div style="visibility:hidden">a <b style="visibility:visible">kept</b></div>',
        '<div class="banner"><p style="color:#fff">kept</p></div>',
        '<p style="color:red">kept</p>',
        '<p class="panel">kept</p>',
        '<p hidden="until-found">kept</p>',
    ],
)
def test_html_keeps_what_is_seen_after_all(markup: str) -> None:
    style = (
        "<style>.banner{background:#222} .panel{display:none} .open .panel{display:block} @media print{p{display:none}}"
    )
    text, left_out = html(markup, f"{style}</style>")
    assert "kept" in text
    assert left_out == {}


def test_html_follows_the_page_s_own_simple_rules() -> None:
    style = "<style>.x{display:none}#y{color:#fff}</style>"
    text, left_out = html('<p class="x">unseen</p><p id="y">unseen</p>', style)
    assert "unseen" not in text
    assert left_out == {LeftOut.HIDDEN: 1, LeftOut.SAME_COLOUR: 1}


def test_hidden_parts_inside_hidden_parts_count_once() -> None:
    assert html("<div hidden>a<p hidden>b</p><p style='color:white'>c</p></div>")[1] == {LeftOut.HIDDEN: 1}


def test_mails_and_books_count_what_their_pages_hide() -> None:
    head = b"From: a@example.org\nTo: b@example.org\nSubject: Hi\nContent-Type: text/html\n\n"
    mail = head + b"<p hidden>unseen</p><p>seen</p>"
    text, left_out = read(mail, "a.eml")
    assert "unseen" not in text
    assert left_out == {LeftOut.HIDDEN: 1}
    attached = office_files.mail_file(("a.html", b"<p>seen</p><p style='font-size:0'>unseen</p>"))
    assert read(attached, "a.eml")[1] == {LeftOut.TINY: 1}


def word(*changes: str) -> tuple[str, dict[LeftOut, int]]:
    document = docx.Document()
    for change in changes:
        run = document.add_paragraph("seen ").add_run(change)
        match change:
            case "vanish":
                run.font.hidden = True
            case "tiny":
                run.font.size = WordPt(1)
            case "white":
                run.font.color.rgb = WHITE
            case "shaded white" | "shaded kept":
                run.font.color.rgb = WHITE
                shade = OxmlElement("w:shd")
                shade.set(qn("w:val"), "clear")
                shade.set(qn("w:fill"), "FFFFFF" if change == "shaded white" else "000080")
                run._r.get_or_add_rPr().append(shade)
            case "style kept" | "style vanish":
                style = document.styles.add_style(change, 2)
                style.font.hidden = change == "style vanish"
                run.style = style
    return read(office_files.saved(document), "a.docx")


def test_word_drops_hidden_tiny_and_white_runs() -> None:
    text, left_out = word("vanish", "tiny", "white", "shaded white", "style vanish")
    assert text.split() == ["seen"] * 5
    assert left_out == {LeftOut.HIDDEN: 2, LeftOut.TINY: 1, LeftOut.SAME_COLOUR: 2}


def test_word_keeps_white_letters_on_dark_ground_and_ordinary_styles() -> None:
    text, left_out = word("shaded kept", "style kept")
    assert text.count("kept") == 2
    assert left_out == {}


def test_word_keeps_white_letters_in_a_table_with_a_style() -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=2, style="Medium Shading 1 Accent 1")
    for cell in (*table.rows[0].cells, *table.rows[1].cells):
        cell.paragraphs[0].add_run("kept").font.color.rgb = WHITE
    text, left_out = read(office_files.saved(document), "a.docx")
    assert text.count("kept") == 4
    assert left_out == {}


def test_word_comments_are_counted_and_headers_are_kept_once() -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "SOP-12, version 4"
    document.sections[0].footer.paragraphs[0].text = "Page 1 of 3"
    run = document.add_paragraph("Wear gloves.").runs[0]
    document.add_comment(run, text="Really?", author="Ann")
    document.add_section()
    text, left_out = read(office_files.saved(document), "a.docx")
    assert text == "SOP-12, version 4\n\nWear gloves."
    assert left_out == {LeftOut.COMMENT: 1}


def slides():
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    box(slide, "seen", top=1)
    return presentation, slide


def box(slide, text, *, left=1.0, top=3.0, colour=None, size=None, fill=None):
    shape = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(3), Inches(1))
    run = shape.text_frame.paragraphs[0].add_run()
    run.text = text
    if colour:
        run.font.color.rgb = SlideColor.from_string(colour)
    if size:
        run.font.size = Pt(size)
    if fill:
        shape.fill.solid()
        shape.fill.fore_color.rgb = SlideColor.from_string(fill)
    return shape


def test_slides_drop_what_is_not_shown() -> None:
    presentation, slide = slides()
    box(slide, "unseen", colour="FFFFFF")
    box(slide, "unseen", top=4, colour="00AA00", fill="00AA00")
    box(slide, "unseen", top=5, size=1)
    box(slide, "unseen", left=20)
    box(slide, "unseen", top=6).element.nvSpPr.cNvPr.set("hidden", "1")
    hidden = presentation.slides.add_slide(presentation.slide_layouts[6])
    box(hidden, "unseen")
    hidden.notes_slide.notes_text_frame.text = "unseen"
    hidden.element.set("show", "0")
    last = presentation.slides.add_slide(presentation.slide_layouts[6])
    box(last, "last")
    document = parse(office_files.saved(presentation), "a.pptx")
    assert [(block.page, block.text) for block in document.blocks] == [(1, "seen"), (3, "last")]
    assert document.left_out == {
        LeftOut.SAME_COLOUR: 2, LeftOut.TINY: 1, LeftOut.OFF_PAGE: 1, LeftOut.HIDDEN: 1, LeftOut.SLIDE: 1,
    }  # fmt: skip


def test_slides_keep_white_letters_on_a_dark_form() -> None:
    presentation, slide = slides()
    box(slide, "kept", colour="FFFFFF", fill="003366")
    box(slide, "", top=5, fill="003366")
    box(slide, "kept", top=5, colour="FFFFFF")
    text, left_out = read(office_files.saved(presentation), "a.pptx")
    assert text.count("kept") == 2
    assert left_out == {}


def test_merged_cells_of_a_slide_s_table_are_repeated_where_they_reach() -> None:
    presentation, slide = slides()
    table = slide.shapes.add_table(3, 3, Inches(1), Inches(4), Inches(6), Inches(2)).table
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(1, 0).merge(table.cell(2, 0))
    for (row, column), text in {(0, 1): "Price", (1, 0): "Team", (1, 1): "10", (2, 2): "12"}.items():
        table.cell(row, column).text = text
    rows = next(block.rows for block in parse(office_files.saved(presentation), "a.pptx").blocks if block.rows)
    assert rows == (("", "Price", "Price"), ("Team", "10", ""), ("Team", "", "12"))


def workbook() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.append(["Plan", "Price", "Margin"])
    book.active.append(["Basic", 10, "unseen"])
    book.active.append(["unseen", "unseen", "unseen"])
    return book


def test_workbooks_drop_hidden_sheets_rows_columns_cells_and_comments() -> None:
    book = workbook()
    sheet = book.active
    sheet.column_dimensions["C"].hidden = True
    sheet.row_dimensions[3].hidden = True
    sheet["D1"], sheet["E1"], sheet["F1"] = "unseen", "unseen", 4711
    sheet["D1"].font, sheet["E1"].font, sheet["F1"].number_format = Font(color="FFFFFFFF"), Font(sz=1), ";;;"
    sheet["A1"].comment = openpyxl.comments.Comment("unseen", "Ann")
    book.create_sheet("Secret").sheet_state = "veryHidden"
    text, left_out = read(office_files.saved(book), "a.xlsx")
    assert text == "Sheet\n\nPlan | Price\nBasic | 10"
    assert left_out == {
        LeftOut.SHEET: 1, LeftOut.ROW_OR_COLUMN: 2, LeftOut.SAME_COLOUR: 1, LeftOut.TINY: 1, LeftOut.HIDDEN: 1,
        LeftOut.COMMENT: 1,
    }  # fmt: skip


def test_workbooks_keep_filtered_rows_folded_groups_and_white_letters_on_colour() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Plan", "Price"], ["Basic", 10], ["Team", 20]):
        sheet.append(row)
    sheet["A1"].font, sheet["A1"].fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF003366")
    sheet.row_dimensions[3].hidden = True
    sheet.auto_filter.ref = "A1:B3"
    sheet.column_dimensions.group("B", hidden=True)
    text, left_out = read(office_files.saved(book), "a.xlsx")
    assert text == "Sheet\n\nPlan | Price\nBasic | 10\nTeam | 20"
    assert left_out == {}


def test_workbooks_repeat_merged_cells_and_part_tables_side_by_side() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Year", "2025", None, None, "City", "Staff"], [None, "Q1", "Q2", None, "Oslo", 4],
                ["Cost", 1, 2, None, "Rome", 5]):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("A1:A2")
    sheet.oddHeader.center.text = "Budget &P"
    text, _ = read(office_files.saved(book), "a.xlsx")
    assert text == (
        "Sheet\n\nYear | 2025 | 2025\nYear | Q1 | Q2\nCost | 1 | 2\n\nCity | Staff\nOslo | 4\nRome | 5\n\nBudget"
    )


def pdf(*texts: tuple[str, dict[str, object]]) -> tuple[str, dict[LeftOut, int]]:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(600, 800))
    for at, (text, look) in enumerate(texts):
        y = 700 - 40 * at
        if "ground" in look:
            canvas.setFillColor(look["ground"])
            canvas.rect(50, y - 10, 400, 30, stroke=0, fill=1)
        canvas.setFillColor(look.get("colour", colors.black))
        shown = canvas.beginText(look.get("x", 60), y)
        shown.setFont("Helvetica", look.get("size", 12))
        shown.setTextRenderMode(look.get("mode", 0))
        shown.textLine(text)
        canvas.drawText(shown)
    canvas.save()
    return read(out.getvalue(), "a.pdf")


def test_pdf_drops_text_that_the_page_does_not_show() -> None:
    text, left_out = pdf(
        ("The travel desk books all flights.", {}),
        ("unseen white words", {"colour": colors.white}),
        ("unseen words beyond the page", {"x": 900}),
        ("unseen dots", {"size": 0.8}),
        ("unseen words without ink", {"mode": 3}),
    )
    assert text == "The travel desk books all flights."
    assert left_out == {LeftOut.SAME_COLOUR: 1, LeftOut.INVISIBLE: 1, LeftOut.OFF_PAGE: 1, LeftOut.TINY: 1}


def test_pdf_keeps_white_letters_on_a_coloured_ground() -> None:
    text, left_out = pdf(("Ordinary line.", {}), ("Price list", {"colour": colors.white, "ground": colors.navy}))
    assert "Price list" in text
    assert left_out == {}


def test_pdf_keeps_what_was_recognised_under_a_scan() -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(600, 800))
    canvas.drawImage(ImageReader(Image.new("RGB", (60, 80), "grey")), 0, 0, 600, 800)
    shown = canvas.beginText(60, 700)
    shown.setTextRenderMode(3)
    shown.textLine("Recognised words of the scanned page")
    canvas.drawText(shown)
    canvas.save()
    text, left_out = read(out.getvalue(), "a.pdf")
    assert text == "Recognised words of the scanned page"
    assert left_out == {}


def test_pdf_reads_filled_fields_and_typed_notes_but_no_remarks() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(600, 800))
    canvas.drawString(60, 700, "Application for leave")
    canvas.acroForm.textfield(name="who", tooltip="Name", value="Ada Lovelace", x=60, y=600, width=200, height=20)
    canvas.acroForm.textfield(
        name="pw", tooltip="Password", value="hunter2", fieldFlags="password", x=60, y=560, width=200, height=20
    )
    canvas.freeTextAnnotation("Approved on Friday", Rect=[60, 500, 260, 520], DA="/Helv 12 Tf")
    canvas.save()
    text, _ = read(out.getvalue(), "a.pdf")
    assert "Name: Ada Lovelace" in text
    assert "Approved on Friday" in text
    assert "hunter2" not in text


OPEN = "urn:oasis:names:tc:opendocument:xmlns"


def test_open_documents_drop_hidden_text_sheets_rows_and_remarks() -> None:
    styles = "".join(
        f'<style:style style:name="{name}">{said}</style:style>'
        for name, said in {
            "h": '<style:text-properties text:display="none"/>',
            "t": '<style:text-properties fo:font-size="1pt"/>',
            "w": '<style:text-properties fo:color="#FFFFFF"/>',
            "d": '<style:paragraph-properties fo:background-color="#000080"/>',
            "s": '<style:table-properties table:display="false"/>',
        }.items()
    )
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    row = f"<table:table-row{{}}>{cell}{cell}</table:table-row>"
    body = (
        '<text:p>seen <text:span text:style-name="h">unseen</text:span> on</text:p>'
        '<text:p text:style-name="t">unseen</text:p><text:p text:style-name="w">unseen</text:p>'
        '<text:p text:style-name="d"><text:span text:style-name="w">kept</text:span></text:p>'
        "<text:p>more<office:annotation><text:p>unseen</text:p></office:annotation></text:p>"
        f'<table:table table:style-name="s">{row.format("", "unseen", "unseen")}</table:table>'
        f"<table:table>{row.format('', 'a', 'b')}"
        f"{row.format(' table:visibility=' + chr(34) + 'collapse' + chr(34), 'unseen', 'unseen')}</table:table>"
    )
    spaces = " ".join(
        f'xmlns:{short}="{OPEN}:{long}:1.0"'
        for short, long in {"office": "office", "text": "text", "table": "table", "style": "style",
                            "fo": "xsl-fo-compatible"}.items()
    )  # fmt: skip
    content = (
        f"<office:document-content {spaces}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    members = {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": content.encode()}
    text, left_out = read(office_files.zip_file(members), "a.odt")
    assert "unseen" not in text
    assert text == "seen on\n\nkept\n\nmore\n\na | b"
    assert left_out == {
        LeftOut.HIDDEN: 1, LeftOut.TINY: 1, LeftOut.SAME_COLOUR: 1, LeftOut.COMMENT: 1, LeftOut.SHEET: 1,
        LeftOut.ROW_OR_COLUMN: 1,
    }  # fmt: skip
