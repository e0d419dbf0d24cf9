"""Files made to break a reader end with a reason, soon, and touch nothing outside themselves."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingestion.errors import IngestionError
from ingestion.formats.archive import MAX_MEMBER_BYTES
from ingestion.formats.office import MACROS
from ingestion.parser_process import ParserProcess
from ingestion.steps.clean import clean
from ingestion.steps.parse import parse
from ingestion.tests import office_files

SECONDS = 20
ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY b "' + "&a;" * 50 + '"><!ENTITY c "' + "&b;" * 50 + '"><!ENTITY d "'
    + "&c;" * 50 + '"><!ENTITY e "' + "&d;" * 50 + '"><!ENTITY file SYSTEM "file:///etc/passwd">'
    + '<!ENTITY % more SYSTEM "http://127.0.0.1:9/x.dtd"> %more;]>'
)  # fmt: skip


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserProcess]:
    """The limits of the child process hold here too."""
    with ParserProcess() as process:
        yield process


def outcome(parser: ParserProcess, data: bytes, name: str) -> tuple[str, str]:
    """The text, or the reason why there is none; either in time and within the memory allowed."""
    started = time.perf_counter()
    try:
        text, reason = clean(parser.parse(data, name, timeout_s=SECONDS, memory_mb=1024)).text, ""
    except IngestionError as error:
        text, reason = "", error.reason.value
    assert time.perf_counter() - started < SECONDS + 5
    return text, reason


def rezipped(data: bytes, change: Callable[[str, bytes], bytes | None], **extra: bytes) -> bytes:
    """The container with each member changed, and more of them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            member = change(name, old.read(name))
            if member is not None:
                new.writestr(name, member)
        for name, member in extra.items():
            new.writestr(name, member)
    return out.getvalue()


OFFICE = {
    "a.docx": (office_files.word_file, "word/document.xml"),
    "a.pptx": (office_files.slides_file, "ppt/slides/slide1.xml"),
    "a.xlsx": (office_files.workbook_file, "xl/worksheets/sheet1.xml"),
    "a.odt": (office_files.open_document_text, "content.xml"),
    "a.epub": (office_files.book_file, "OEBPS/book.opf"),
}


@pytest.mark.parametrize("name", OFFICE)
def test_entities_are_neither_expanded_nor_fetched_in_any_container(parser: ParserProcess, name: str) -> None:
    make, part = OFFICE[name]

    def with_entities(member: str, data: bytes) -> bytes:
        if member != part:
            return data
        body = data.partition(b"?>")[2] if data.startswith(b"<?xml") else data
        at = body.index(b">", body.index(b"<" + body.lstrip()[1:].split(b" ")[0].split(b">")[0])) + 1
        return ENTITIES.encode() + body[:at] + b"&e;&file;" + body[at:]

    text, reason = outcome(parser, rezipped(make(), with_entities), name)
    assert "boomboom" not in text
    assert "root:" not in text
    assert reason in ("", "corrupt")


@pytest.mark.parametrize("name", ["a.xml", "a.html", "a.md", "a.txt", "a.svg"])
def test_entities_are_not_expanded_in_plain_files(parser: ParserProcess, name: str) -> None:
    text, _ = outcome(parser, f"{ENTITIES}<x><p>seen &e; &file;</p></x>".encode(), name)
    assert "boomboom" not in text
    assert "root:" not in text


def bomb() -> bytes:
    """Ten kilobytes that unpack to ten megabytes, in a zip in a zip."""
    inner = office_files.zip_file({"zeros.txt": bytes(10_000_000)})
    return office_files.zip_file({f"{at}.zip": inner for at in range(20)})


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (bomb(), "a.zip", "unsupported"),
        (office_files.zip_file({"word/document.xml": bytes(MAX_MEMBER_BYTES + 1)}), "a.docx", "too_large"),
        (office_files.zip_file({"xl/workbook.xml": b"<x/>", **{f"xl/{n}": b"" for n in range(20_001)}}), "a.xlsx",
         "too_large"),
        (office_files.zip_file({"mimetype": b"application/epub+zip", "OEBPS/a.xhtml": bytes(150_000_000)}), "a.epub",
         "too_large"),
    ],
)  # fmt: skip
def test_bombs_are_refused_before_they_unpack(parser: ParserProcess, data: bytes, name: str, reason: str) -> None:
    assert outcome(parser, data, name) == ("", reason)


def test_a_bomb_inside_a_good_file_is_not_opened(parser: ParserProcess) -> None:
    data = rezipped(office_files.word_file(), lambda _, member: member, **{"word/embeddings/a.zip": bomb()})
    text, reason = outcome(parser, data, "a.docx")
    assert reason == ""
    assert "flights" in text
    mail = office_files.mail_file(("a.zip", bomb()), ("b.docx", bomb()))
    document = parse(mail, "m.eml")
    assert sum("left out" in warning for warning in document.warnings) == 2


def test_a_container_that_lies_about_its_sizes_is_corrupt(parser: ParserProcess) -> None:
    data = bytearray(office_files.zip_file({"word/document.xml": bytes(5_000_000), "[Content_Types].xml": b"<x/>"}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    assert outcome(parser, bytes(data), "a.docx")[1] == "corrupt"


@pytest.mark.parametrize(
    "evil", ["../../../../tmp/attest-was-here", "/tmp/attest-was-here", "..\\..\\attest-was-here", "a/../../x"]
)
def test_paths_out_of_a_container_lead_nowhere(parser: ParserProcess, evil: str) -> None:
    data = rezipped(office_files.word_file(), lambda _, member: member, **{evil: b"gotcha"})
    text, reason = outcome(parser, data, "a.docx")
    assert reason == ""
    assert "gotcha" not in text
    assert not Path("/tmp/attest-was-here").exists()


def test_a_book_cannot_point_at_files_outside_it(parser: ParserProcess) -> None:
    def astray(name: str, member: bytes) -> bytes:
        return member.replace(b'href="one.xhtml"', b'href="../../../../../etc/passwd"')

    text, reason = outcome(parser, rezipped(office_files.book_file(), astray), "a.epub")
    assert (text, reason) == ("Fish\n\nThey swim.", "")


def test_a_pdf_of_ten_thousand_pages_is_refused_in_time(parser: ParserProcess) -> None:
    out = io.BytesIO()
    canvas = Canvas(out)
    for number in range(10_000):
        canvas.drawString(60, 700, f"Page {number}")
        canvas.showPage()
    canvas.save()
    assert outcome(parser, out.getvalue(), "a.pdf") == ("", "too_large")


@pytest.mark.parametrize("depth", [500, 100_000])
@pytest.mark.parametrize(
    ("opening", "closing", "name"),
    [
        ("<div>", "</div>", "a.html"),
        ("<ul><li>", "</li></ul>", "a.html"),
        ("<table><tr><td>", "</td></tr></table>", "a.html"),
        ("<x>", "</x>", "a.xml"),
        ("[", "]", "a.json"),
        ("> ", "", "a.md"),
        ("- ", "", "a.md"),
        ("{\\rtf1 ", "}", "a.rtf"),
        ("<b>", "</b>", "a.md"),
    ],
)
def test_deep_nesting_ends(parser: ParserProcess, opening: str, closing: str, name: str, depth: int) -> None:
    outcome(parser, f"{opening * depth}deep{closing * depth}".encode(), name)


def test_deeply_nested_mails_and_parts_end(parser: ParserProcess) -> None:
    parts = "".join(f'Content-Type: multipart/mixed; boundary="b{at}"\n\n--b{at}\n' for at in range(3000))
    mail = f"From: a@example.org\nTo: b@example.org\nSubject: deep\n{parts}Content-Type: text/plain\n\nend\n"
    outcome(parser, mail.encode(), "m.eml")


def test_a_sheet_that_claims_billions_of_cells_is_refused(parser: ParserProcess) -> None:
    cell = "<table:table-cell table:number-columns-repeated='16000'><text:p>x</text:p></table:table-cell>" * 200
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='S'>"
        f"<table:table-row table:number-rows-repeated='1000000'>{cell}</table:table-row></table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    members = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()}
    assert outcome(parser, office_files.zip_file(members), "a.ods") == ("", "too_large")
    far = b'<c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c>'

    def stretched(name: str, member: bytes) -> bytes:
        row = (
            b'<row r="1048576">' + far + b'</row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
        )
        return member.replace(b"</sheetData>", row) if name.endswith("sheet1.xml") else member

    text, reason = outcome(parser, rezipped(office_files.workbook_file(), stretched), "a.xlsx")
    assert reason in ("", "too_large")
    assert "far" not in text


@pytest.mark.parametrize(
    ("make", "member", "name"),
    [
        (office_files.word_file, "word/vbaProject.bin", "a.docm"),
        (office_files.workbook_file, "xl/vbaProject.bin", "a.xlsm"),
        (office_files.slides_file, "ppt/vbaProject.bin", "a.pptm"),
    ],
)
def test_macros_are_not_run_and_said(make: Callable[[], bytes], member: str, name: str) -> None:
    document = parse(rezipped(make(), lambda _, data: data, **{member: b"Shell('rm -rf /')"}), name)
    assert MACROS in document.warnings
    assert document.blocks


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.png", "a.txt", "a", "a.exe"])
def test_one_content_is_read_alike_under_any_name(name: str) -> None:
    assert "flights" in clean(parse(office_files.pdf_file(1), name)).text


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (office_files.pdf_file(1) + office_files.word_file(), "application/pdf"),
        (b"GIF89a" + b"%PDF-1.4 is not here" + office_files.pdf_file(1), "application/pdf"),
        (office_files.pdf_file(1) + b"<html><script>alert(1)</script></html>", "application/pdf"),
    ],
)
def test_of_a_file_that_is_two_things_one_is_read(data: bytes, mime_type: str) -> None:
    with suppress(IngestionError):
        assert parse(data, "a.html").mime_type == mime_type


SAMPLES: dict[str, Callable[[], bytes]] = {
    "a.docx": office_files.word_file, "a.pptx": office_files.slides_file, "a.xlsx": office_files.workbook_file,
    "a.pdf": office_files.pdf_file, "a.odt": office_files.open_document_text, "a.epub": office_files.book_file,
    "a.eml": lambda: office_files.mail_file(("p.pdf", office_files.pdf_file(1))),
    "a.doc": office_files.old_word_file, "a.ppt": office_files.old_slides_file,
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_truncated_and_damaged_files_end_with_a_reason_or_are_read(name: str) -> None:
    whole = SAMPLES[name]()
    dice = random.Random(7)
    cases = [whole[: len(whole) * tenth // 10] for tenth in range(1, 10)]
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 30)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        cases.append(bytes(damaged))
    for data in cases:
        # Any other error would take the parser process down.
        with suppress(IngestionError):
            clean(parse(data, name))
