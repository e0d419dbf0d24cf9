"""PDF files: text through PDFium, tables by their rules or columns, headings by bookmarks and letter size."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime, timedelta, timezone

import pypdfium2

from ingestion.errors import FailureReason, IngestionError
from ingestion.formats.pdf_layout import Page, bookmark_key, page_blocks
from ingestion.formats.pdf_lines import page_lines
from ingestion.formats.pdf_tables import bounds, ruled_tables
from ingestion.formats.reading import Reading, corrupt, encrypted, too_large

MAX_PAGES = 5000
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?)?")
_WORD = re.compile(r"[^\W\d_]{3}")
_PROGRAM_TITLE = re.compile(
    r"^(?:microsoft \w+ - |untitled|\(?anonymous\)?$|document\d*$)"
    r"|\.(?:docx?|pptx?|xlsx?|indd|tex|dvi|pdf|qxd)$",
    re.I,
)
_SCAN_LETTERS_PER_PAGE = 12


def read_pdf(data: bytes) -> Reading:
    """Return the blocks of every page; a file whose pages are only pictures is refused as scanned."""
    document = _open(data)
    try:
        if len(document) > MAX_PAGES:
            raise too_large(f"PDF files above {MAX_PAGES} pages are not read. Split this one and upload the parts.")
        return _read(document)
    finally:
        document.close()


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        message = str(error).lower()
        raise (
            encrypted("PDF file") if "password" in message or "security" in message else corrupt("PDF file")
        ) from error


def _read(document: pypdfium2.PdfDocument) -> Reading:
    bookmarks = _bookmarks(document)
    pages, pictures, damaged = [], [], []
    for index in range(len(document)):
        try:
            page, is_picture = _page(document, index, bookmarks[index])
        except pypdfium2.PdfiumError:
            damaged.append(index + 1)
            continue
        pages.append(page)
        if is_picture:
            pictures.append(page.number)
    if not pages:
        raise corrupt("PDF file")
    blocks = page_blocks(pages)
    _refuse_scan(pages, pictures)
    return Reading(
        blocks=tuple(blocks),
        title=_title(document),
        page_count=len(document),
        warnings=_warnings(pictures, damaged),
        modified_at=_date(document.get_metadata_value("ModDate") or document.get_metadata_value("CreationDate")),
    )


def _page(document: pypdfium2.PdfDocument, index: int, bookmarks: dict[str, int]) -> tuple[Page, bool]:
    page = document[index]
    try:
        textpage = page.get_textpage()
        try:
            lines = page_lines(textpage)
            tables = ruled_tables(page, textpage) if any(line.upright for line in lines) else []
            tables = [table for table in tables if table.separates(lines)]
        finally:
            textpage.close()
        bottom, top = bounds(page)
        is_picture = not lines and next(page.get_objects(max_depth=4), None) is not None
        return Page(index + 1, lines, tables, bottom, top, bookmarks), is_picture
    finally:
        page.close()


def _bookmarks(document: pypdfium2.PdfDocument) -> dict[int, dict[str, int]]:
    """The headings that the file's own table of contents places on each page, with their levels from 1."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for bookmark in document.get_toc(max_depth=6):
        target = bookmark.get_dest()
        index = target.get_index() if target is not None else None
        key = bookmark_key(bookmark.get_title())
        if index is not None and key:
            found[index][key] = bookmark.level + 1
    return found


def _refuse_scan(pages: list[Page], pictures: list[int]) -> None:
    letters = sum(character.isalnum() for page in pages for line in page.lines for character in line.text)
    if pictures and letters < _SCAN_LETTERS_PER_PAGE * len(pictures):
        raise IngestionError(
            FailureReason.SCANNED,
            "The pages of this PDF are pictures without text, and text recognition is off. Run it "
            "through a scanner "
            "program that makes a searchable PDF, and upload that.",
        )


def _warnings(pictures: list[int], damaged: list[int]) -> tuple[str, ...]:
    warnings = []
    if pictures:
        warnings.append(f"Without text, because they are pictures: pages {_listed(pictures)}.")
    if damaged:
        warnings.append(f"Left out, because they are damaged: pages {_listed(damaged)}.")
    return tuple(warnings)


def _listed(numbers: list[int], most: int = 10) -> str:
    shown = ", ".join(map(str, numbers[:most]))
    return f"{shown} and {len(numbers) - most} more" if len(numbers) > most else shown


def _title(document: pypdfium2.PdfDocument) -> str:
    """The title of the metadata, unless it is only what a program put there."""
    title = " ".join(str(document.get_metadata_value("Title")).replace("\0", "").split())
    return "" if _PROGRAM_TITLE.search(title) or not _WORD.search(title) else title


def _date(value: str) -> datetime | None:
    match = _DATE.match(value or "")
    if not match:
        return None
    year, month, day, hour, minute, second = (
        int(part or least) for part, least in zip(match.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)
    )
    offset = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0)) * (-1 if match[7] == "-" else 1)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset))
    except ValueError:
        return None
