"""PDF files: text through PDFium, tables by their rules or columns, headings by bookmarks and letter size."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import pypdfium2

from ingestion.documents import Block, LeftOut
from ingestion.errors import FailureReason, IngestionError
from ingestion.formats.pdf_forms import upon_page
from ingestion.formats.pdf_hidden import may_hide, remove_hidden
from ingestion.formats.pdf_layout import Page, bookmark_key, page_blocks
from ingestion.formats.pdf_lines import Line, page_lines
from ingestion.formats.pdf_tables import PageTable, bounds, ruled_tables
from ingestion.formats.reading import Reading, corrupt, encrypted, too_large
from ingestion.formats.recognition import Off, Recogniser

MAX_PAGES = 5000
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?)?")
_WORD = re.compile(r"[^\W\d_]{3}")
_PROGRAM_TITLE = re.compile(
    r"^(?:microsoft \w+ - |untitled|\(?anonymous\)?$|document\d*$)"
    r"|\.(?:docx?|pptx?|xlsx?|indd|tex|dvi|pdf|qxd)$",
    re.I,
)
_SCAN_LETTERS_PER_PAGE = 12


def read_pdf(data: bytes, recogniser: Recogniser | None = None) -> Reading:
    """Return the blocks of every page; a file whose pages are only pictures, which `recogniser` does not read, is
    refused as scanned.
    """
    document = _open(data)
    try:
        if len(document) > MAX_PAGES:
            raise too_large(f"PDF files above {MAX_PAGES} pages are not read. Split this one and upload the parts.")
        return _read(document, recogniser or Off())
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


def _read(document: pypdfium2.PdfDocument, recogniser: Recogniser) -> Reading:
    bookmarks = _bookmarks(document)
    pages: list[Page] = []
    seen = _Seen()
    for index in range(len(document)):
        try:
            pages.append(_page(document, index, bookmarks[index], recogniser, seen))
        except pypdfium2.PdfiumError:
            seen.damaged.append(index + 1)
    if not pages:
        raise corrupt("PDF file")
    blocks = page_blocks(pages)
    _refuse_scan(blocks, seen, recogniser)
    return Reading(
        blocks=tuple(blocks),
        title=_title(document),
        page_count=len(document),
        warnings=_warnings(seen, recogniser),
        modified_at=_date(document.get_metadata_value("ModDate") or document.get_metadata_value("CreationDate")),
        left_out=seen.left_out,
        pictures=len(seen.pictures),
        recognised_pages=seen.recognised,
    )


@dataclass(slots=True)
class _Seen:
    """What is noted on the way through the pages."""

    pictures: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    recognised: int = 0
    left_out: Counter[LeftOut] = field(default_factory=Counter)


def _page(
    document: pypdfium2.PdfDocument, index: int, bookmarks: dict[str, int], recogniser: Recogniser, seen: _Seen
) -> Page:
    page = document[index]
    try:
        lines, tables = _lines_and_tables(page, seen.left_out)
        upon = upon_page(page)
        seen.left_out.update([LeftOut.COMMENT] * upon.remarks)
        added = upon.lines
        if not lines and not added and next(page.get_objects(max_depth=4), None) is not None:
            added = tuple(recogniser.paragraphs(page))
            seen.recognised += bool(added)
            if not added:
                seen.pictures.append(index + 1)
        bottom, top = bounds(page)
        return Page(index + 1, lines, tables, bottom, top, bookmarks, added)
    finally:
        page.close()


def _shown_text(page: pypdfium2.PdfPage, left_out: Counter[LeftOut]) -> pypdfium2.PdfTextPage:
    """The page's text after what nobody sees is taken off the page."""
    textpage = page.get_textpage()
    if may_hide(page, textpage):
        textpage.close()
        left_out.update(remove_hidden(page))
        textpage = page.get_textpage()
    return textpage


def _lines_and_tables(page: pypdfium2.PdfPage, left_out: Counter[LeftOut]) -> tuple[list[Line], list[PageTable]]:
    textpage = _shown_text(page, left_out)
    try:
        lines = page_lines(textpage)
        tables = ruled_tables(page, textpage) if any(line.upright for line in lines) else []
        return lines, [table for table in tables if table.separates(lines)]
    finally:
        textpage.close()


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


def _refuse_scan(blocks: list[Block], seen: _Seen, recogniser: Recogniser) -> None:
    texts = (text for block in blocks for text in (block.text, *(cell for row in block.rows for cell in row)))
    letters = sum(character.isalnum() for text in texts for character in text)
    if seen.pictures and letters < _SCAN_LETTERS_PER_PAGE * len(seen.pictures):
        why = recogniser.why_off or "text recognition found nothing legible in the time it has"
        raise IngestionError(
            FailureReason.SCANNED,
            f"The pages of this PDF are pictures without text, and {why}. Run it through a scanner program that makes "
            "a searchable PDF, and upload that.",
        )


def _warnings(seen: _Seen, recogniser: Recogniser) -> tuple[str, ...]:
    warnings = []
    if seen.pictures:
        why = f" ({recogniser.why_off})" if recogniser.why_off else ""
        warnings.append(f"Without text, because they are pictures{why}: pages {_listed(seen.pictures)}.")
    if seen.damaged:
        warnings.append(f"Left out, because they are damaged: pages {_listed(seen.damaged)}.")
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
