"""Lays a parsed document out as one clean text and notes where its headings, pages and tables lie,
character by character.

A heading stands on its own line, a list item is `- x`, a table has one row a line with cells joined by ` |
`, and a blank line separates blocks; items of one list stand on neighbouring lines.
"""

from __future__ import annotations

import re
import unicodedata

from ingestion.documents import Block, BlockKind, Heading, ParsedDocument, StoredText

CELL_SEPARATOR = " | "

# Soft hyphens, zero-width characters, direction marks, byte-order marks, interlinear annotation and object
# replacement.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffc\U000e0000-\U000e01ef]"
)
# Tag characters spell ASCII unseen; of zero-width characters several in a row are no accident of typesetting.
UNSEEN_RUN = re.compile("[\U000e0020-\U000e007f]+|[\u200b\u200c\u2060-\u2064\ufeff]{4,}")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"\s+")
_TRAILING_BLANKS = re.compile(r"[^\S\n]+(?=\n|$)")
_BLANK_LINES = re.compile(r"\n{3,}")
_MARKER = re.compile(r"(?:[-*\u2022\u00b7\u25cf\u25e6\u25aa\u2023\uf0b7\u2043]|o(?=\s))\s+")
_NUMBERED = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3}){0,4}|[A-Za-z]|[ivxlcIVXLC]{1,6})[.)]\s")


def clean(parsed: ParsedDocument) -> StoredText:
    """Return the stored text of `parsed`; blocks that hold nothing visible leave no trace."""
    layout = _Layout()
    for block in parsed.blocks:
        text = _block_text(block)
        if text:
            layout.add(block, text)
    return layout.stored()


def plain(text: str) -> str:
    """Return `text` in Unicode's composed form without characters that nobody can see, with `\\n` as its
    only line end.
    """
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", _LINE_END.sub("\n", text))
    return unicodedata.normalize("NFC", _CONTROL.sub("", _INVISIBLE.sub("", text)))


def one_line(text: str) -> str:
    """Return `text` cleaned, on one line, with single spaces."""
    return _BLANKS.sub(" ", plain(text)).strip()


def table_row(cells: tuple[str, ...]) -> str:
    """Return one row of a table as a line without empty cells at its end; bars inside a cell lose their
    blanks.
    """
    return CELL_SEPARATOR.join(one_line(cell).replace(CELL_SEPARATOR, "|") for cell in cells).rstrip(" |").strip()


def _block_text(block: Block) -> str:
    if block.kind is BlockKind.TABLE and block.rows:
        return _table(block.rows)
    if block.kind is BlockKind.CODE:
        return _code(block.text)
    if block.kind is BlockKind.LIST_ITEM:
        return _list_item(block.text)
    return one_line(block.text)


def _table(rows: tuple[tuple[str, ...], ...]) -> str:
    lines = (table_row(row) for row in rows)
    return "\n".join(line for line in lines if line)


def _code(text: str) -> str:
    text = _TRAILING_BLANKS.sub("", plain(text).expandtabs(4))
    return _BLANK_LINES.sub("\n\n", text).strip("\n").rstrip()


def _list_item(text: str) -> str:
    """A numbered item keeps its number instead of the dash, because people ask for "step 3"."""
    line = _MARKER.sub("", one_line(text), count=1) if _MARKER.match(one_line(text)) else one_line(text)
    if not line:
        return ""
    return line if _NUMBERED.match(line) else f"- {line}"


class _Layout:
    """The text so far and the offsets noted on the way."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._previous: BlockKind | None = None
        self._outline: list[Heading] = []
        self._pages: list[tuple[int, int]] = []
        self._tables: list[tuple[int, int]] = []

    def add(self, block: Block, text: str) -> None:
        start = self._append_separator(block)
        self._parts.append(text)
        self._length = end = start + len(text)
        if block.page is not None and (not self._pages or self._pages[-1][0] != block.page):
            self._pages.append((block.page, start))
        if block.kind is BlockKind.HEADING:
            self._outline.append(Heading(start, end, max(1, min(block.level, 6)), text))
        elif block.kind is BlockKind.TABLE:
            self._tables.append((start, end))
        self._previous = block.kind

    def _append_separator(self, block: Block) -> int:
        if self._previous is not None:
            same_list = self._previous is BlockKind.LIST_ITEM and block.kind is BlockKind.LIST_ITEM
            separator = "\n" if same_list else "\n\n"
            self._parts.append(separator)
            self._length += len(separator)
        return self._length

    def stored(self) -> StoredText:
        return StoredText("".join(self._parts), tuple(self._outline), tuple(self._pages), tuple(self._tables))
