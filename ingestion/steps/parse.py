"""Reads one file, whatever its format, into blocks in reading order; says plainly why when it cannot.

The only module that knows every format, and the only importer of `unstructured`, which reads Word and
PowerPoint files.
"""

from __future__ import annotations

import importlib
import io
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING

from ingestion.documents import Block, BlockKind, LeftOut, ParsedDocument
from ingestion.errors import FailureReason, IngestionError
from ingestion.formats.detection import MIME_TYPES, Format, detect, ending_of
from ingestion.formats.epub import read_epub
from ingestion.formats.html import read_html, rows_of_markup
from ingestion.formats.mail import Attachment, read_eml, read_msg
from ingestion.formats.markdown import read_markdown
from ingestion.formats.office_xml import usual
from ingestion.formats.ole_slides import read_ppt
from ingestion.formats.ole_word import read_doc
from ingestion.formats.opendocument import read_opendocument
from ingestion.formats.pdf import read_pdf
from ingestion.formats.reading import Reading, corrupt, too_large
from ingestion.formats.recognition import Off, Recogniser
from ingestion.formats.richtext import read_rtf
from ingestion.formats.slides import slides_reading
from ingestion.formats.slides_hidden import visible_slides
from ingestion.formats.spreadsheet import read_xls, read_xlsx
from ingestion.formats.tabular import read_csv
from ingestion.formats.text import read_json, read_text, read_xml
from ingestion.formats.word import word_reading
from ingestion.steps.clean import UNSEEN_RUN

if TYPE_CHECKING:
    from unstructured.documents.elements import Element

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_TEXT_CHARACTERS = 10_000_000
MAX_TITLE_CHARACTERS = 300

Reader = Callable[[bytes], Reading]


def parse(data: bytes, name: str, recogniser: Recogniser | None = None) -> ParsedDocument:
    """Return what the file called `name` says, or raise `IngestionError` with the reason and what to do
    about it. Pictures of pages are read by `recogniser`.
    """
    if len(data) > MAX_FILE_BYTES:
        raise too_large(
            f"Files above {MAX_FILE_BYTES // 1024 // 1024} MB are not read. Split this one and upload the parts."
        )
    if not data.strip(b"\0\t\n\r "):
        raise _empty()
    found = detect(data, name)
    reading = _read(found, data, recogniser or Off())
    _check_text(reading)
    return ParsedDocument(
        title=_title(reading, name),
        blocks=reading.blocks,
        mime_type=MIME_TYPES[found],
        page_count=reading.page_count,
        warnings=(*_name_warning(found, name), *reading.warnings),
        modified_at=reading.modified_at,
        left_out=dict(Counter(reading.left_out) + Counter({LeftOut.INVISIBLE: _invisible_places(reading)})),
        pictures=reading.pictures,
        recognised_pages=reading.recognised_pages,
    )


def _read(found: Format, data: bytes, recogniser: Recogniser, depth: int = 0) -> Reading:
    """Attachments are read like files, and mails within mails only so deep."""
    try:
        match found:
            case Format.PDF:
                return read_pdf(data, recogniser)
            case Format.EML:
                return read_eml(data, partial(_read_attachment, recogniser), depth)
            case Format.MSG:
                return read_msg(data, partial(_read_attachment, recogniser), depth)
            case _:
                return _READERS[found](data)
    except (IngestionError, MemoryError):
        raise
    except RecursionError as error:
        raise too_large("This file is nested too deeply to be read. Save it as PDF or text and upload that.") from error
    except Exception as error:
        # The reading libraries raise almost anything on a damaged file; whatever it is, the file is at fault.
        raise corrupt(f"{found.value.upper()} file") from error


def _read_attachment(recogniser: Recogniser, attachment: Attachment, depth: int) -> Reading:
    return _read(detect(attachment.data, attachment.name), attachment.data, recogniser, depth)


def _check_text(reading: Reading) -> None:
    size = sum(len(block.text) + sum(len(cell) for row in block.rows for cell in row) for block in reading.blocks)
    if size > MAX_TEXT_CHARACTERS:
        raise too_large("This file holds more text than one document may have. Split it and upload the parts.")
    if not any(block.text.strip() or any(map(str.strip, sum(block.rows, ()))) for block in reading.blocks):
        raise _empty()


def _invisible_places(reading: Reading) -> int:
    """Runs of characters that nobody sees, long enough to spell something; the next step removes them."""
    texts = (text for block in reading.blocks for text in (block.text, *(cell for row in block.rows for cell in row)))
    return sum(len(UNSEEN_RUN.findall(text)) for text in texts if not text.isascii())


def _empty() -> IngestionError:
    return IngestionError(FailureReason.EMPTY, "This file has no text in it. Check that the right file was uploaded.")


def _title(reading: Reading, name: str) -> str:
    """The title the file names, else its first heading if that comes early, else its file name."""
    early = reading.blocks[:3] if reading.titled_by_heading else ()
    first = next((block.text for block in early if block.kind is BlockKind.HEADING), "")
    title = " ".join((reading.title or first).split())
    return (title or title_from_name(name))[:MAX_TITLE_CHARACTERS]


def title_from_name(name: str) -> str:
    """`2024_travel-policy.docx` reads as `2024 travel policy`."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    return " ".join(stem.replace("_", " ").replace("-", " ").split()) or name


def _name_warning(found: Format, name: str) -> tuple[str, ...]:
    ending = ending_of(name)
    if not ending or ending not in {known.value for known in Format} or found.value == ending:
        return ()
    return (f"The file is named .{ending} but is {found.value.upper()} and was read as that.",)


def _read_docx(data: bytes) -> Reading:
    """Word: headings by style, lists with the numbers Word shows, tables, pages where Word noted its
    breaks.
    """
    file = usual(data)
    elements = _unstructured("docx").partition_docx(file=io.BytesIO(file.data), include_page_breaks=False)
    return word_reading(file, _blocks(elements))


def _read_pptx(data: bytes) -> Reading:
    """PowerPoint: slides are pages, a slide's title is its heading, and the speaker's notes end it."""
    file = visible_slides(usual(data))
    elements = _unstructured("pptx").partition_pptx(
        file=io.BytesIO(file.data), include_page_breaks=False, include_slide_notes=False
    )
    return slides_reading(file, _blocks(elements))


@cache
def _unstructured(kind: str) -> ModuleType:
    """Load one of its partitioners on first use, because the import takes seconds and Markdown needs none.

    It would guess what a paragraph without a style is with a language model that it downloads; such a
    paragraph is a paragraph here, so the guess is answered for it and neither the model nor the network is
    touched.
    """
    os.environ.update(UNSTRUCTURED_DISABLE_NOTICE="1", SCARF_NO_ANALYTICS="true", DO_NOT_TRACK="true")
    partitioner = importlib.import_module(f"unstructured.partition.{kind}")
    for guess, answer in {
        "is_possible_narrative_text": True,
        "is_possible_title": False,
        "is_us_city_state_zip": False,
    }.items():
        if hasattr(partitioner, guess):
            setattr(partitioner, guess, lambda *_, answer=answer, **__: answer)
    return partitioner


def _blocks(elements: Iterable[Element]) -> Iterator[Block]:
    for element in elements:
        metadata = element.metadata
        level = (metadata.category_depth or 0) + 1
        match element.category:
            case "Title":
                yield Block(BlockKind.HEADING, element.text, level, metadata.page_number)
            case "ListItem":
                yield Block(BlockKind.LIST_ITEM, element.text, level, metadata.page_number)
            case "Table":
                yield _table(element)
            case "Header" | "Footer" | "PageBreak" | "PageNumber":
                continue
            case _:
                yield Block(BlockKind.PARAGRAPH, element.text, 0, metadata.page_number)


def _table(element: Element) -> Block:
    markup = element.metadata.text_as_html
    rows = rows_of_markup(markup) if markup else ()
    kind = BlockKind.TABLE if rows else BlockKind.PARAGRAPH
    return Block(kind, "" if rows else element.text, 0, element.metadata.page_number, rows)


_READERS: dict[Format, Reader] = {
    Format.MARKDOWN: read_markdown,
    Format.HTML: read_html,
    Format.TEXT: read_text,
    Format.CSV: read_csv,
    Format.JSON: read_json,
    Format.XML: read_xml,
    Format.DOCX: _read_docx,
    Format.PPTX: _read_pptx,
    Format.XLSX: read_xlsx,
    Format.DOC: read_doc,
    Format.PPT: read_ppt,
    Format.XLS: read_xls,
    Format.ODT: read_opendocument,
    Format.ODS: read_opendocument,
    Format.ODP: read_opendocument,
    Format.EPUB: read_epub,
    Format.RTF: read_rtf,
}
