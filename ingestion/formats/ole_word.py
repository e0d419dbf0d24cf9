"""Word files from before 2007 (DOC), read from their streams as [MS-DOC] describes them: paragraphs, headings,
tables and footnotes, without hidden text.
"""

from __future__ import annotations

import io
import re
import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import olefile

from ingestion.documents import Block, BlockKind, LeftOut
from ingestion.formats.office import MACROS
from ingestion.formats.ole_about import about
from ingestion.formats.reading import Reading, corrupt, encrypted
from ingestion.formats.tabular import table_blocks

_MAGIC = 0xA5EC
_ENCRYPTED, _SECOND_TABLE = 0x0100, 0x0200
_FLAGS_AT, _COUNTS_AT, _CHARACTERS_AT, _PARAGRAPHS_AT, _PIECES_AT = 0x0A, 0x4C, 0x00FA, 0x0102, 0x01A2
_PAGE = 512
_VANISH, _IN_TABLE, _ROW_END, _OUTLINE = 0x083C, 0x2416, 0x2417, 0x2640
_LIST = 0x460B
_LONG_OPERANDS = (0xD608, 0xD606)
_OPERAND_BYTES = (1, 1, 2, 4, 2, 2, 0, 3)
_FIELD = re.compile("\x13[^\x13\x14\x15]*(?:\x14([^\x13\x14\x15]*))?\x15")
_ENDS = "\r\x07\x0c"
_DEEPEST_HEADING = 9
_MARKS = str.maketrans({"\x0b": " ", "\x1e": "-", "\x1f": "", "\x01": "", "\x02": "", "\x05": "", "\x08": ""})
Properties = dict[int, bytes]


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """One paragraph with its style's number and what is set on it."""

    text: str
    end: str
    style: int
    properties: Properties
    is_main: bool

    @property
    def ends_row(self) -> bool:
        return self.properties.get(_ROW_END, b"\0") != b"\0"

    @property
    def in_table(self) -> bool:
        return self.properties.get(_IN_TABLE, b"\0") != b"\0"


def read_doc(data: bytes) -> Reading:
    """Headers, footers, comments and text boxes come after the text in this format; of them the boxes and notes are
    kept.
    """
    with olefile.OleFileIO(io.BytesIO(data)) as container:
        main = container.openstream("WordDocument").read()
        magic, flags = struct.unpack_from("<H", main, 0)[0], struct.unpack_from("<H", main, _FLAGS_AT)[0]
        if magic != _MAGIC:
            raise corrupt("DOC file")
        if flags & _ENCRYPTED:
            raise encrypted("DOC file")
        table = container.openstream("1Table" if flags & _SECOND_TABLE else "0Table").read()
        title, modified_at = about(container)
        has_macros = container.exists("Macros/VBA")
    document = _Document(main, table)
    blocks = tuple(_blocks(list(document.paragraphs())))
    return Reading(
        blocks=blocks,
        title=title,
        warnings=(MACROS,) if has_macros else (),
        modified_at=modified_at,
        left_out=document.left_out,
    )


def _blocks(paragraphs: list[_Paragraph]) -> Iterator[Block]:
    rows: list[list[str]] = []
    cells: list[str] = []
    cell: list[str] = []
    for paragraph in paragraphs:
        if paragraph.in_table and paragraph.is_main:
            if paragraph.ends_row:
                rows.append(cells)
                cells = []
            elif paragraph.end == "\x07":
                cells.append(" ".join([*cell, paragraph.text]).strip())
                cell = []
            else:
                cell.append(paragraph.text)
            continue
        yield from table_blocks(rows)
        rows, cells, cell = [], [], []
        if paragraph.text:
            yield _block(paragraph)
    yield from table_blocks([*rows, *([cells] if cells else [])])


def _block(paragraph: _Paragraph) -> Block:
    outline = paragraph.properties.get(_OUTLINE, b"\x09")[0] + 1
    level = paragraph.style if 1 <= paragraph.style <= _DEEPEST_HEADING else outline
    if level <= _DEEPEST_HEADING and paragraph.is_main:
        return Block(BlockKind.HEADING, paragraph.text, min(level, 6))
    is_item = paragraph.properties.get(_LIST, b"\0\0") != b"\0\0"
    return Block(BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH, paragraph.text, 1 if is_item else 0)


class _Document:
    """The characters of a file in order, each with its place in the file, by which its looks are found."""

    def __init__(self, main: bytes, table: bytes) -> None:
        self._main = main
        self._table = table
        self.left_out: Counter[LeftOut] = Counter()
        self._text, self._places = self._read_pieces()
        self._paragraph_runs = _Runs(main, self._between(_PARAGRAPHS_AT), _paragraph_properties, 13)
        self._character_runs = _Runs(main, self._between(_CHARACTERS_AT), _character_properties, 1)

    def _between(self, at: int) -> bytes:
        start, length = struct.unpack_from("<II", self._main, at)
        return self._table[start : start + length]

    def _read_pieces(self) -> tuple[str, list[tuple[int, int, int]]]:
        """The whole text, and for each piece where it begins in the text and in the file, and its bytes a letter."""
        pieces = self._piece_table()
        count = (len(pieces) - 4) // 12
        starts = struct.unpack_from(f"<{count + 1}I", pieces, 0)
        parts, places = [], []
        for at in range(count):
            place = struct.unpack_from("<I", pieces, 4 * (count + 1) + 8 * at + 2)[0]
            is_narrow, place = bool(place & 0x40000000), place & 0x3FFFFFFF
            length = starts[at + 1] - starts[at]
            width, place = (1, place // 2) if is_narrow else (2, place)
            raw = self._main[place : place + length * width]
            parts.append(raw.decode("cp1252" if is_narrow else "utf-16-le", "replace")[:length].ljust(length, "\0"))
            places.append((starts[at], place, width))
        return "".join(parts), places

    def _piece_table(self) -> bytes:
        found = self._between(_PIECES_AT)
        at = 0
        while at < len(found) and found[at] == 1:
            at += 3 + struct.unpack_from("<H", found, at + 1)[0]
        if at >= len(found) or found[at] != 2:
            raise corrupt("DOC file")
        length = struct.unpack_from("<I", found, at + 1)[0]
        return found[at + 5 : at + 5 + length]

    def paragraphs(self) -> Iterator[_Paragraph]:
        for begin, end, is_main in self._stories():
            start = begin
            for at in range(begin, min(end, len(self._text))):
                if self._text[at] in _ENDS:
                    yield self._paragraph(start, at, is_main=is_main)
                    start = at + 1

    def _stories(self) -> Iterator[tuple[int, int, bool]]:
        """Main text, footnotes, endnotes and text boxes; between them lie headers and comments, which are not read."""
        text, notes, edges, macros, remarks, endnotes, boxes = struct.unpack_from("<7I", self._main, _COUNTS_AT)
        if remarks:
            self.left_out[LeftOut.COMMENT] = 1
        yield 0, text, True
        yield text, text + notes, False
        after_remarks = text + notes + edges + macros + remarks
        yield after_remarks, after_remarks + endnotes + boxes, False

    def _paragraph(self, start: int, end: int, *, is_main: bool) -> _Paragraph:
        style, properties = self._paragraph_runs.at(self._place(end))
        text = _shown(self._visible(start, end))
        return _Paragraph(text, self._text[end], style, properties, is_main)

    def _visible(self, start: int, end: int) -> str:
        text = self._text[start:end]
        if not self._character_runs.any_hides:
            return text
        hidden = [self._character_runs.at(self._place(at))[1].get(_VANISH, b"\0")[0] == 1 for at in range(start, end)]
        if any(is_hidden and not letter.isspace() for is_hidden, letter in zip(hidden, text, strict=True)):
            self.left_out[LeftOut.HIDDEN] += 1
        return "".join(letter for is_hidden, letter in zip(hidden, text, strict=True) if not is_hidden)

    def _place(self, at: int) -> int:
        piece = bisect_right(self._places, at, key=lambda place: place[0]) - 1
        begins, place, width = self._places[max(piece, 0)]
        return place + (at - begins) * width


def _shown(text: str) -> str:
    """A field is written as its instruction and its result; the result is what is seen."""
    while _FIELD.search(text):
        text = _FIELD.sub(lambda field: field.group(1) or "", text)
    return " ".join(text.translate(_MARKS).replace("\0", "").split())


class _Runs:
    """Which properties hold from which place in the file on."""

    def __init__(self, main: bytes, pages: bytes, read: object, entry_bytes: int) -> None:
        self._starts: list[int] = []
        self._found: list[tuple[int, Properties]] = []
        count = max((len(pages) - 4) // 8, 0)
        for number in struct.unpack_from(f"<{count}I", pages, 4 * (count + 1)) if count else ():
            page = main[(number & 0x3FFFFF) * _PAGE : ((number & 0x3FFFFF) + 1) * _PAGE]
            if len(page) == _PAGE:
                self._add(page, read, entry_bytes)
        self.any_hides = any(_VANISH in properties for _, properties in self._found)

    def _add(self, page: bytes, read: object, entry_bytes: int) -> None:
        count = page[-1]
        if 4 * (count + 1) + entry_bytes * count >= _PAGE:
            return
        for at, start in enumerate(struct.unpack_from(f"<{count}I", page, 0)):
            self._starts.append(start)
            offset = page[4 * (count + 1) + entry_bytes * at] * 2
            self._found.append(read(page, offset) if offset else (0, {}))  # type: ignore[operator]

    def at(self, place: int) -> tuple[int, Properties]:
        index = bisect_right(self._starts, place) - 1
        return self._found[index] if index >= 0 else (0, {})


def _paragraph_properties(page: bytes, offset: int) -> tuple[int, Properties]:
    length, begin = page[offset] * 2 - 1, offset + 1
    if length < 0:
        length, begin = page[offset + 1] * 2, offset + 2
    if length < 2 or begin + 2 > len(page):
        return 0, {}
    return struct.unpack_from("<H", page, begin)[0], _properties(page[begin + 2 : begin + length])


def _character_properties(page: bytes, offset: int) -> tuple[int, Properties]:
    return 0, _properties(page[offset + 1 : offset + 1 + page[offset]])


def _properties(data: bytes) -> Properties:
    """Each property is a number that tells how long its value is, and the value."""
    found: Properties = {}
    at = 0
    while at + 3 <= len(data):
        number = struct.unpack_from("<H", data, at)[0]
        at += 2
        size = _OPERAND_BYTES[number >> 13]
        if number in _LONG_OPERANDS:
            size = struct.unpack_from("<H", data, at)[0] + 1 if at + 2 <= len(data) else len(data)
        elif size == 0:
            size = data[at] + 1
        found[number] = data[at : at + size]
        at += size
    return found
