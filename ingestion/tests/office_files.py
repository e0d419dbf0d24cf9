"""Small files of every format, made in memory for the tests."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

import docx
import openpyxl
import pptx
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

PRICES = [["Plan", "Monthly price", "Seats"], ["Basic", "10 EUR", "5"], ["Team", "25 EUR", "20"]]
TRAVEL = "Employees book flights through the travel desk at least two weeks before they leave. " * 3


def word_file() -> bytes:
    document = docx.Document()
    document.core_properties.title = "Travel policy"
    document.add_heading("Booking", level=1)
    document.add_paragraph(TRAVEL)
    document.add_heading("Hotels", level=2)
    document.add_paragraph("Up to 120 EUR a night", style="List Bullet")
    table = document.add_table(rows=0, cols=3)
    for row in PRICES:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    return _saved(document)


def slides_file() -> bytes:
    presentation = pptx.Presentation()
    for title, point in (("Roadmap", "Search in spring"), ("Budget", "Two hires")):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = point
        slide.notes_slide.notes_text_frame.text = f"Say more about {title.lower()}"
    return _saved(presentation)


def workbook_file() -> bytes:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Prices"
    for row in PRICES:
        workbook.active.append(row)
    hidden = workbook.create_sheet("Margins")
    hidden.append(["secret", "margin"])
    hidden.sheet_state = "hidden"
    return _saved(workbook)


def pdf_file(pages: int = 4, *, password: str | None = None) -> bytes:
    """A report with a running header, a numbered footer, headings, a ruled table and a hyphenated line
    break.
    """
    styles = getSampleStyleSheet()
    ruled = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
    story: list[object] = []
    for number in range(1, pages + 1):
        story += [
            Paragraph(f"Chapter {number} overview", styles["Heading1"]),
            Paragraph(TRAVEL, styles["BodyText"]),
            Paragraph("The travel expen-<br/>ses are paid back in ten days.", styles["BodyText"]),
            Table(PRICES, style=ruled),
            PageBreak(),
        ]
    out = io.BytesIO()
    template = SimpleDocTemplate(out, pagesize=A4, title="Travel report", encrypt=password)
    template.build(story, onFirstPage=_running, onLaterPages=_running)
    return out.getvalue()


def _running(canvas: Canvas, template: SimpleDocTemplate) -> None:
    canvas.drawString(60, 810, "Confidential - Northwind")
    canvas.drawString(280, 25, f"Page {template.page}")


def scanned_pdf() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawImage(ImageReader(Image.new("RGB", (200, 300), "white")), 0, 0, 500, 700)
    canvas.save()
    return out.getvalue()


def mail_file(*attachments: tuple[str, bytes], subject: str = "Parking") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Ann <ann@example.org>", "all@example.org", subject
    message["Date"] = "Mon, 05 Jan 2026 09:00:00 +0000"
    message.set_content("The garage is closed on Friday.")
    message.add_alternative("<p>The garage is closed on <b>Friday</b>.</p>", subtype="html")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def zip_file(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in members.items():
            container.writestr(name, data)
    return out.getvalue()


def open_document_text() -> bytes:
    spaces = "urn:oasis:names:tc:opendocument:xmlns"
    content = f"""<office:document-content xmlns:office="{spaces}:office:1.0" xmlns:text="{spaces}:text:1.0"
      xmlns:table="{spaces}:table:1.0"><office:body><office:text>
      <text:h text:outline-level="1">Leave</text:h><text:p>Thirty<text:s/>days a year.</text:p>
      <text:list><text:list-item><text:p>Ask early</text:p></text:list-item></text:list>
      <table:table><table:table-row><table:table-cell><text:p>Grade</text:p></table:table-cell><table:table-cell>
      <text:p>Days</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>A</text:p>
      </table:table-cell><table:table-cell><text:p>30</text:p></table:table-cell></table:table-row></table:table>
      </office:text></office:body></office:document-content>"""
    return zip_file({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": content.encode()})


def book_file() -> bytes:
    package = """<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
      <dc:title>Field guide</dc:title></metadata><manifest>
      <item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>
      <item id="a" href="one.xhtml" media-type="application/xhtml+xml"/></manifest>
      <spine><itemref idref="a"/><itemref idref="b"/></spine></package>"""
    container = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    return zip_file({
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": container.encode(),
        "OEBPS/book.opf": package.encode(),
        "OEBPS/one.xhtml": b"<html><body><h1>Birds</h1><p>They fly.</p></body></html>",
        "OEBPS/two.xhtml": b"<html><body><h1>Fish</h1><p>They swim.</p></body></html>",
    })  # fmt: skip


def _saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()
