"""The values that travel between the ingestion steps: blocks of a parsed file, its stored text, and chunk
drafts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class BlockKind(StrEnum):
    """What a block of a document is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """One block in reading order; `level` is a heading's or a list item's depth from 1, `rows` are a
    table's, header first.
    """

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None
    rows: tuple[tuple[str, ...], ...] = ()


class LeftOut(StrEnum):
    """Why text of a file is not in its stored text: no reader of the file sees it, or it is a remark on the text."""

    SAME_COLOUR = "same_colour"
    TINY = "tiny"
    INVISIBLE = "invisible"
    HIDDEN = "hidden"
    OFF_PAGE = "off_page"
    SHEET = "hidden_sheet"
    ROW_OR_COLUMN = "hidden_row_or_column"
    SLIDE = "hidden_slide"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a file says; `page_count` counts PDF pages or slides and is None where the format has no pages.

    `left_out` counts the places whose text was dropped, `pictures` the pages or images that show something but
    hold no text, and `recognised_pages` those whose text was read out of a picture.
    """

    title: str
    blocks: tuple[Block, ...]
    mime_type: str
    page_count: int | None
    warnings: tuple[str, ...]
    modified_at: datetime | None
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)
    pictures: int = 0
    recognised_pages: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in the stored text: `text[start:end] == title`."""

    start: int
    end: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class StoredText:
    """A document as one text, with the offsets at which its headings, pages `(number, start)` and tables
    `[start, end)` lie.
    """

    text: str
    outline: tuple[Heading, ...]
    pages: tuple[tuple[int, int], ...]
    tables: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ChunkDraft:
    """A passage to index: `text == stored.text[start:end]`, except that a continued table repeats its
    header row in front.
    """

    ordinal: int
    heading_path: tuple[str, ...]
    page: int | None
    start: int
    end: int
    text: str
