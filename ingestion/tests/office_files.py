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
    return saved(document)


def slides_file() -> bytes:
    presentation = pptx.Presentation()
    for title, point in (("Roadmap", "Search in spring"), ("Budget", "Two hires")):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = point
        slide.notes_slide.notes_text_frame.text = f"Say more about {title.lower()}"
    return saved(presentation)


def workbook_file() -> bytes:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Prices"
    for row in PRICES:
        workbook.active.append(row)
    hidden = workbook.create_sheet("Margins")
    hidden.append(["secret", "margin"])
    hidden.sheet_state = "hidden"
    return saved(workbook)


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


def saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def old_word_file(text: str = "Leave\rThirty days a year.\rGrade\x07Days\x07\x07") -> bytes:
    """A Word file as before 2007: a header that points at one piece of text, and paragraphs without properties."""
    letters = text.encode("utf-16-le")
    main = bytearray(4096 + len(letters))
    main[0:2] = (0xA5EC).to_bytes(2, "little")
    main[0x4C:0x50] = len(text).to_bytes(4, "little")
    place = (2048).to_bytes(4, "little")
    pieces = (0).to_bytes(4, "little") + len(text).to_bytes(4, "little") + b"\0\0" + place + b"\0\0"
    table = b"\x02" + len(pieces).to_bytes(4, "little") + pieces
    main[0x1A2:0x1AA] = (0).to_bytes(4, "little") + len(table).to_bytes(4, "little")
    main[2048 : 2048 + len(letters)] = letters
    return ole_container({"WordDocument": bytes(main), "0Table": table.ljust(4096, b"\0")})


def old_slides_file() -> bytes:
    """A PowerPoint file as before 2007 with two slides, of which the second is hidden, and notes for the first."""

    def record(kind: int, body: bytes, *, instance: int = 0, holds: bool = False) -> bytes:
        head = (instance << 4 | (0xF if holds else 0)).to_bytes(2, "little") + kind.to_bytes(2, "little")
        return head + len(body).to_bytes(4, "little") + body

    def number(value: int) -> bytes:
        return value.to_bytes(4, "little")

    def text(kind: int, words: str) -> bytes:
        return record(3999, number(kind)) + record(4000, words.encode("utf-16-le"))

    def persist(at: int, identity: int) -> bytes:
        return record(1011, number(at) + number(0) + number(0) + number(identity) + number(0))

    listed = persist(2, 256) + text(0, "Roadmap") + text(1, "Search in spring\rAnswers in summer")
    listed += persist(3, 257) + text(0, "Secret plans")
    document = record(
        1000, record(4080, listed, holds=True) + record(4080, persist(4, 1), instance=2, holds=True), holds=True
    )
    hidden = record(1017, bytes(10) + (4).to_bytes(2, "little") + bytes(4))
    parts = [
        document,
        record(1006, text(4, "Drawn beside"), holds=True),
        record(1006, hidden, holds=True),
        record(1008, record(1009, number(256) + bytes(4)) + text(2, "Say it slowly"), holds=True),
    ]
    places = [sum(map(len, parts[:at])) for at in range(len(parts))]
    stream = b"".join(parts)
    directory_at = len(stream)
    stream += record(6002, number(len(parts) << 20 | 1) + b"".join(map(number, places)))
    edit_at = len(stream)
    stream += record(4085, number(0) + number(0) + number(0) + number(directory_at) + number(1) + bytes(8))
    user = record(4086, number(20) + number(0xE391C05F) + number(edit_at))
    return ole_container({"PowerPoint Document": stream.ljust(4096, b"\0"), "Current User": user.ljust(4096, b"\0")})


def ole_container(streams: dict[str, bytes]) -> bytes:
    """The container of Office files before 2007, for streams of at least 4,096 bytes."""
    sector, free, end, special = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    chains: list[int] = []
    body, starts = b"", []
    for data in streams.values():
        padded = data.ljust(-(-max(len(data), 4096) // sector) * sector, b"\0")
        count = len(padded) // sector
        starts.append((len(chains), len(padded)))
        chains += [*range(len(chains) + 1, len(chains) + count), end]
        body += padded
    entries = [_ole_entry("Root Entry", 5, 1, end, 0)]
    for at, (name, (start, size)) in enumerate(zip(streams, starts, strict=True), start=1):
        entries.append(_ole_entry(name, 2, at + 1 if at < len(streams) else free, start, size))
    directory = b"".join(entries).ljust(-(-len(entries) // 4) * sector, b"\0")
    directory_start, directory_count = len(chains), len(directory) // sector
    chains += [*range(directory_start + 1, directory_start + directory_count), end]
    table_start = len(chains)
    table_count = -(-(len(chains) + 1) // 127)
    chains += [special] * table_count
    table = b"".join(value.to_bytes(4, "little") for value in chains).ljust(table_count * sector, b"\xff")
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0" + bytes(10))
    head += table_count.to_bytes(4, "little") + directory_start.to_bytes(4, "little") + bytes(4)
    head += (4096).to_bytes(4, "little") + end.to_bytes(4, "little") + bytes(4) + end.to_bytes(4, "little") + bytes(4)
    for at in range(109):
        head += (table_start + at if at < table_count else free).to_bytes(4, "little")
    return bytes(head) + body + directory + table


def _ole_entry(name: str, kind: int, right: int, start: int, size: int) -> bytes:
    """One entry of the directory; the entries hang on each other in a row, which readers accept."""
    free = 0xFFFFFFFF
    child = 1 if kind == 5 else free
    right = free if kind == 5 else right
    letters = name.encode("utf-16-le") + b"\0\0"
    entry = letters.ljust(64, b"\0") + len(letters).to_bytes(2, "little") + bytes([kind, 1])
    entry += b"".join(value.to_bytes(4, "little") for value in (free, right, child))
    return entry + bytes(36) + start.to_bytes(4, "little") + size.to_bytes(8, "little")
