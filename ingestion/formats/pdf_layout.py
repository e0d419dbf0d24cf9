"""Makes headings, paragraphs, list items and tables out of the lines of a PDF's pages, and drops running
headers and footers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median

from ingestion.documents import Block, BlockKind
from ingestion.formats.pdf_lines import Line
from ingestion.formats.pdf_tables import PageTable, Rows, aligned_table


@dataclass(slots=True)
class Page:
    """What was read from one page; `bottom` and `top` are its edges in points, `bookmarks` maps headings to
    levels, `upon` are the lines of filled fields and notes that lie upon it.
    """

    number: int
    lines: list[Line]
    tables: list[PageTable]
    bottom: float
    top: float
    bookmarks: dict[str, int] = field(default_factory=dict)
    upon: tuple[str, ...] = ()


_DIGITS = re.compile(r"\d+")
_BLANKS = re.compile(r"\s+")
_PAGE_NUMBER = re.compile(
    r"(?:page\s*|p\.\s*|seite\s*|[-\u2013]\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of|von|\|)\s*\d{1,4})?(?:\s*[-\u2013])?",
    re.I,
)
_MARKER = re.compile(r"(?:[\u2022\u25cf\u25aa\u25e6\u2023\u00b7\uf0b7\u2043\u25a0\u25ba\u2713]|[-*\u2013o](?=\s))\s*")
_NUMBERED_ITEM = re.compile(r"\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s+\S")
_SECTION_NUMBER = re.compile(
    r"(?:(?:article|section|chapter|part|item|annex|appendix)\s+)?\d{1,2}(?:\.\d{1,2}){0,3}[.)]?\s+\S", re.I
)
_SENTENCE_END = re.compile(r"[.!?:;][\"'\u201d\u2019)]*$")
_LINE_BREAK_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u00ad]$")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_EDGE_SHARE = 0.12
_REPEATED_PAGES = 3
_REPEATED_SHARE = 0.3
# What stands on this share of the pages belongs to the document, not to a chapter of it.
_LASTING_SHARE = 0.6
_MOST_EDGES = 6
_EDGE_CHARACTERS = 300
_EDGE_WORDS = re.compile(r"[^\W\d_]{2,}")
_PAGE_WORDS = re.compile(r"\b(?:page|of|seite|von)\b", re.I)
_HEADING_SIZE = 1.12
_HEADING_CHARACTERS = 160
_HEADING_LINES = 3


def page_blocks(pages: list[Page]) -> list[Block]:
    """Return the blocks of all pages in order."""
    style = _Style(line for page in pages for line in page.lines)
    running = _running_lines(pages, style)
    edges = list(_lasting_edges(pages, running, style))
    for page in pages:
        page.lines = [line for line in page.lines if not _is_running(line, page, running, style)]
    blocks = [block for page in pages for block in _page_blocks(page, style)]
    return [*edges, *_joined_over_pages(blocks)]


def _page_blocks(page: Page, style: _Style) -> Iterator[Block]:
    yield from _Flow(page, style).blocks()
    yield from (Block(BlockKind.PARAGRAPH, line, 0, page.number) for line in page.upon)


def _lasting_edges(pages: list[Page], running: frozenset[str], style: _Style) -> Iterator[Block]:
    """What most pages repeat at their edges, once: often a document's number and version stand only there."""
    seen: Counter[str] = Counter()
    texts: dict[str, str] = {}
    for page in pages:
        for line in page.lines:
            key = _edge_key(line, style)
            if key in running and _is_at_edge(line, page) and _EDGE_WORDS.search(_PAGE_WORDS.sub("", line.text)):
                seen[key] += 1
                texts.setdefault(key, " ".join(line.text.split()))
    lasting = [text for key, text in texts.items() if seen[key] >= _LASTING_SHARE * len(pages)]
    if lasting:
        yield Block(BlockKind.PARAGRAPH, " | ".join(lasting[:_MOST_EDGES])[:_EDGE_CHARACTERS], 0, pages[0].number)


def _edge_key(line: Line, style: _Style) -> str:
    """Numbers are not minded, except in large letters: `Chapter 2` and `Chapter 3` are headings."""
    text = _BLANKS.sub("", line.text).lower()
    return text if style.is_large(line) else _DIGITS.sub("#", text)


def _is_at_edge(line: Line, page: Page) -> bool:
    zone = (page.top - page.bottom) * _EDGE_SHARE
    return line.bottom >= page.top - zone or line.top <= page.bottom + zone


def _running_lines(pages: list[Page], style: _Style) -> frozenset[str]:
    """The lines that many pages repeat near an edge, their numbers aside."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen.update({_edge_key(line, style) for line in page.lines if _is_at_edge(line, page)})
    least = max(_REPEATED_PAGES, len(pages) * _REPEATED_SHARE)
    return frozenset(key for key, count in seen.items() if count >= least)


def _is_running(line: Line, page: Page, running: frozenset[str], style: _Style) -> bool:
    at_edge = _is_at_edge(line, page)
    if at_edge and _edge_key(line, style) in running:
        return True
    outermost = line is page.lines[0] or line is page.lines[-1]
    is_number = bool(_PAGE_NUMBER.fullmatch(line.text.strip()))
    return is_number and (at_edge or outermost) and len(page.lines) > 1


class _Style:
    """What the document's plain text looks like, against which headings stand out."""

    def __init__(self, lines: Iterable[Line]) -> None:
        sizes: Counter[float] = Counter()
        bold = plain = 0
        kept = list(lines)
        for line in kept:
            sizes[line.size] += len(line.text)
            bold, plain = (bold + len(line.text), plain) if line.bold else (bold, plain + len(line.text))
        self.body = sizes.most_common(1)[0][0] if sizes else 10.0
        self.bold_stands_out = bold < plain
        large = sorted(
            {round(line.size) for line in kept if self.is_large(line) and len(line.text) < _HEADING_CHARACTERS},
            reverse=True,
        )
        self._levels = {size: min(rank, 4) for rank, size in enumerate(large, start=1)}

    def is_large(self, line: Line) -> bool:
        return line.size >= self.body * _HEADING_SIZE

    def stands_out(self, line: Line) -> bool:
        return self.is_large(line) or (line.bold and self.bold_stands_out and line.size >= self.body * 0.9)

    def level(self, line: Line) -> int:
        """The rank of the size among the larger sizes; bold text in the body's size comes after all of
        them.
        """
        if self.is_large(line):
            return self._levels.get(round(line.size), 1)
        return min(len(self._levels) + 1, 5)


class _Flow:
    """The blocks of one page."""

    def __init__(self, page: Page, style: _Style) -> None:
        self._page = page
        self._style = style
        self._left_tables = list(page.tables)
        drops = [
            a.bottom - b.bottom for a, b in zip(page.lines, page.lines[1:], strict=False) if a.bottom - b.bottom > 1
        ]
        self._pitch = median(drops) if drops else style.body * 1.2

    def blocks(self) -> Iterator[Block]:
        for kind, lines in self._groups():
            if kind == "ruled":
                yield from self._ruled(lines)
            elif kind == "columns" and (rows := aligned_table(lines)):
                yield self._table(rows)
            else:
                for paragraph in self._paragraphs(lines):
                    yield self._text_block(paragraph)

    def _groups(self) -> Iterator[tuple[str, list[Line]]]:
        """Neighbouring lines that lie in a ruled table, line up in columns, or run as text."""
        lines = self._page.lines
        kinds = [self._kind(line) for line in lines]
        for index in range(1, len(lines) - 1):
            if (
                kinds[index] == "text"
                and kinds[index - 1] == kinds[index + 1] == "columns"
                and len(lines[index].text) < 60
            ):
                kinds[index] = "columns"
        start = 0
        for index in range(1, len(lines) + 1):
            if index == len(lines) or kinds[index] != kinds[start]:
                yield kinds[start], lines[start:index]
                start = index

    def _kind(self, line: Line) -> str:
        if any(table.holds(line) for table in self._page.tables):
            return "ruled"
        in_columns = len(line.cells) > 1 and line.upright and not line.begins_clause
        return "columns" if in_columns and not self._is_item(line.text) else "text"

    def _ruled(self, lines: list[Line]) -> Iterator[Block]:
        for table in list(self._left_tables):
            if any(table.holds(line) for line in lines):
                self._left_tables.remove(table)
                yield self._table(table.rows)

    def _table(self, rows: Rows) -> Block:
        return Block(BlockKind.TABLE, "", page=self._page.number, rows=rows)

    def _paragraphs(self, lines: list[Line]) -> Iterator[list[Line]]:
        paragraph: list[Line] = []
        for line in lines:
            if paragraph and self._starts_new(paragraph, line):
                yield paragraph
                paragraph = []
            paragraph.append(line)
        if paragraph:
            yield paragraph

    def _starts_new(self, paragraph: list[Line], line: Line) -> bool:
        last = paragraph[-1]
        # The height of a line that begins with a number is measured with that number, which is often set smaller.
        tolerance = 0.2 if last.begins_clause else 0.12
        other_size = abs(last.size - line.size) > tolerance * max(last.size, line.size)
        if line.begins_clause or self._is_item(line.text) or other_size:
            return True
        if last.bold != line.bold and (self._is_alone(paragraph) or self._style.stands_out(line)):
            return True
        drop = last.bottom - line.bottom
        if drop < 0 or not last.upright:
            return bool(_SENTENCE_END.search(last.text))
        if drop > 1.4 * min(self._pitch, 1.7 * line.size):
            return True
        indented = (line.left - last.left > 0.8 * line.size and len(paragraph) > 1) or self._bookmark([*paragraph]) > 0
        return bool(_SENTENCE_END.search(last.text)) and (indented or self._ends_early(last, paragraph))

    def _ends_early(self, last: Line, paragraph: list[Line]) -> bool:
        widest = max(other.right for other in self._page.lines)
        return len(paragraph) >= 1 and last.right < last.left + 0.75 * (widest - last.left)

    def _is_alone(self, paragraph: list[Line]) -> bool:
        return self._style.stands_out(paragraph[0]) and len(paragraph) <= _HEADING_LINES

    @staticmethod
    def _is_item(text: str) -> bool:
        return bool(_MARKER.match(text) or _NUMBERED_ITEM.match(text))

    def _text_block(self, lines: list[Line]) -> Block:
        text = join_lines([line.text for line in lines])
        level = self._heading_level(lines, text)
        if level:
            return Block(BlockKind.HEADING, text, level, self._page.number)
        if self._is_item(text):
            return Block(BlockKind.LIST_ITEM, _MARKER.sub("", text, count=1), 1, self._page.number)
        return Block(BlockKind.PARAGRAPH, text, 0, self._page.number)

    def _heading_level(self, lines: list[Line], text: str) -> int:
        if (
            len(lines) > _HEADING_LINES
            or len(text) > _HEADING_CHARACTERS
            or not _LETTERS.search(text)
            or _MARKER.match(text)
        ):
            return 0
        bookmarked = self._bookmark(lines)
        if bookmarked:
            return bookmarked
        if not all(self._style.stands_out(line) for line in lines) or (
            text.endswith((".", ",", ";", ":")) and not self._style.is_large(lines[0])
        ):
            return 0
        if _NUMBERED_ITEM.match(text) and not _SECTION_NUMBER.match(text):
            return 0
        return self._style.level(lines[0])

    def _bookmark(self, lines: list[Line]) -> int:
        return self._page.bookmarks.get(bookmark_key(" ".join(line.text for line in lines)), 0)


def bookmark_key(text: str) -> str:
    """What is left of a heading when its blanks and case are not minded."""
    return _BLANKS.sub("", text).casefold()


def join_lines(lines: list[str]) -> str:
    """Join the lines of a paragraph; a word cut by a hyphen at a line's end is made whole when it goes on
    in small letters.
    """
    text = ""
    for line in map(str.strip, lines):
        if text and _LINE_BREAK_HYPHEN.search(text) and line[:1].islower():
            text = text[:-1] + line
        else:
            text = f"{text} {line}" if text else line
    return text


def _joined_over_pages(blocks: list[Block]) -> Iterator[Block]:
    """A paragraph that stops in mid-sentence goes on with the next page's first one, and keeps the page it
    began on.
    """
    held: Block | None = None
    for block in blocks:
        if held is not None and _goes_on(held, block):
            held = Block(held.kind, join_lines([held.text, block.text]), held.level, held.page)
            continue
        if held is not None:
            yield held
        held = block
    if held is not None:
        yield held


def _goes_on(held: Block, block: Block) -> bool:
    return (
        held.page is not None
        and block.page == held.page + 1
        and held.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
        and block.kind is BlockKind.PARAGRAPH
        and not _SENTENCE_END.search(held.text)
        and block.text[:1].islower()
    )
