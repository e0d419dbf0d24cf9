"""Lays a stored text out for reading: headings, paragraphs, lists, tables and page marks, with the cited range marked.

Pure: text and offsets in, blocks out. Every shown piece knows where it stands in the stored text,
so the mark covers exactly the characters from `start` to `end`, also across blocks and table cells.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

CELL_SEPARATOR = " | "
LIST_ITEM = re.compile(r"- +")
LINE = re.compile(r"[^\n]+")
PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")

BlockKind = Literal["heading", "paragraph", "list", "table", "page"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that is wholly inside the cited range or wholly outside. `is_first` carries the anchor."""

    text: str
    is_cited: bool = False
    is_first: bool = False


Line = tuple[Piece, ...]
Row = tuple[Line, ...]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """`start` is the offset of the block; a heading's is also its anchor. `page` is set for page marks alone."""

    kind: BlockKind
    start: int
    level: int = 0
    page: int = 0
    lines: tuple[Line, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def line(self) -> Line:
        return self.lines[0]


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    start: int
    end: int
    level: int
    title: str


def lay_out(
    text: str,
    *,
    outline: Sequence[OutlineEntry] = (),
    pages: Sequence[tuple[int, int]] = (),
    tables: Sequence[Span] = (),
    cited: Span | None = None,
) -> list[TextBlock]:
    """Blocks in reading order. `pages` are (number, start); a mark precedes the block where the page begins."""
    pen = Pen(text, cited)
    headings = {entry.start: entry for entry in outline}
    marks = list(pages) if len(pages) > 1 else []
    blocks: list[TextBlock] = []
    for span in block_spans(text, sorted(headings.values(), key=lambda entry: entry.start), sorted(tables)):
        while marks and marks[0][1] <= span[0]:
            number, start = marks.pop(0)
            blocks.append(TextBlock("page", start, page=number))
        blocks += pen.blocks(span, headings.get(span[0]), span in tables or list(span) in tables)
    return blocks


def block_spans(text: str, headings: Sequence[OutlineEntry], tables: Sequence[Span]) -> Iterator[Span]:
    """Spans of headings and tables as given, and of the paragraphs between them."""
    fixed = sorted({(entry.start, entry.end) for entry in headings} | {(start, end) for start, end in tables})
    position = 0
    for start, end in [*fixed, (len(text), len(text))]:
        if start < position:
            continue
        yield from paragraph_spans(text, position, start)
        if end > start:
            yield start, end
        position = max(position, end)


def paragraph_spans(text: str, start: int, end: int) -> Iterator[Span]:
    for match in PARAGRAPH.finditer(text, start, end):
        yield match.start(), match.start() + len(match[0].rstrip())


class Pen:
    """Cuts spans of one text into pieces, and remembers whether the anchor has been set."""

    def __init__(self, text: str, cited: Span | None) -> None:
        self.text = text
        self.cited = cited if cited and 0 <= cited[0] < cited[1] <= len(text) else None
        self.anchored = False

    def blocks(self, span: Span, heading: OutlineEntry | None, is_table: bool) -> list[TextBlock]:
        start, end = span
        if heading is not None:
            return [TextBlock("heading", start, level=heading.level, lines=(self.line(start, end),))]
        if is_table:
            rows = tuple(self.row(*line) for line in self.line_spans(start, end))
            return [TextBlock("table", start, rows=rows)]
        return self.paragraph_or_lists(start, end)

    def paragraph_or_lists(self, start: int, end: int) -> list[TextBlock]:
        """Neighbouring list items become one list; the lines around them stay paragraphs."""
        blocks: list[TextBlock] = []
        run: list[Line] = []
        run_start, run_is_list = start, False
        for line_start, line_end in self.line_spans(start, end):
            item = LIST_ITEM.match(self.text, line_start, line_end)
            if run and bool(item) != run_is_list:
                blocks.append(TextBlock("list" if run_is_list else "paragraph", run_start, lines=tuple(run)))
                run = []
            if not run:
                run_start, run_is_list = line_start, bool(item)
            run.append(self.line(item.end() if item else line_start, line_end))
        if run:
            blocks.append(TextBlock("list" if run_is_list else "paragraph", run_start, lines=tuple(run)))
        return blocks

    def line_spans(self, start: int, end: int) -> list[Span]:
        return [match.span() for match in LINE.finditer(self.text, start, end)]

    def row(self, start: int, end: int) -> Row:
        cells: list[Line] = []
        for cell in self.text[start:end].split(CELL_SEPARATOR):
            cells.append(self.line(start, start + len(cell)))
            start += len(cell) + len(CELL_SEPARATOR)
        return tuple(cells)

    def line(self, start: int, end: int) -> Line:
        if self.cited is None:
            return (Piece(self.text[start:end]),) if end > start else ()
        low, high = (min(max(edge, start), end) for edge in self.cited)
        pieces = [Piece(self.text[start:low]), self.cited_piece(low, high), Piece(self.text[high:end])]
        return tuple(piece for piece in pieces if piece.text)

    def cited_piece(self, start: int, end: int) -> Piece:
        is_first = end > start and not self.anchored
        self.anchored = self.anchored or is_first
        return Piece(self.text[start:end], is_cited=True, is_first=is_first)
