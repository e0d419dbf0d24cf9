"""Cuts a stored text at its headings, pages, blocks, rows, sentences and words into pieces that each fit
the window.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingestion.documents import StoredText

TokenCounter = Callable[[str], int]
Span = tuple[int, int]

_BLOCK_END = re.compile(r"\n{2,}")
_LINE_END = re.compile(r"\n+")
_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])[\"'\u201d\u2019)\]]*\s+|(?<=[\u3002\uff01\uff1f])")
_WORD_END = re.compile(r"\s+")
_VISIBLE = re.compile(r"\S(?:.*\S)?", re.DOTALL)

# A header row that would fill more than this share of a passage is not repeated: little else would fit.
HEADER_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the stored text that is never cut.

    A heading or a header row `leads`: it belongs to what follows. `table_header` is set on the rows of a
    cut table, and `header_tokens` is what repeating it costs; `after_gap`: what stood before it is left out.
    """

    start: int
    end: int
    tokens: int
    page: int | None
    path: tuple[str, ...]
    level: int = 0
    leads: bool = False
    table_header: str = ""
    header_tokens: int = 0
    after_gap: bool = False

    @property
    def is_heading(self) -> bool:
        return self.level > 0


def pieces_of(stored: StoredText, count_tokens: TokenCounter, max_tokens: int) -> Iterator[Piece]:
    """Yield the pieces of `stored` in order; together they hold every visible character exactly once."""
    return _Cutter(stored, count_tokens, max_tokens).pieces()


class _Cutter:
    def __init__(self, stored: StoredText, count_tokens: TokenCounter, max_tokens: int) -> None:
        self._stored = stored
        self._text = stored.text
        self._count = count_tokens
        self._max = max_tokens
        self._page_starts = [start for _, start in stored.pages]
        self._path: list[tuple[int, str]] = []
        self._leading = 0
        self._counted: dict[Span, int] = {}

    def pieces(self) -> Iterator[Piece]:
        """Walk the marked spans (headings, tables) and the plain text between them."""
        at = 0
        for start, end, level in self._marks():
            yield from self._body(at, start)
            yield from self._heading(start, end, level) if level else self._table(start, end)
            at = end
        yield from self._body(at, len(self._text))

    def _marks(self) -> list[tuple[int, int, int]]:
        headings = [(heading.start, heading.end, heading.level) for heading in self._stored.outline]
        return sorted(headings + [(start, end, 0) for start, end in self._stored.tables])

    def _heading(self, start: int, end: int, level: int) -> Iterator[Piece]:
        self._path = [entry for entry in self._path if entry[0] < level]
        self._path.append((level, self._text[start:end]))
        for span in self._fitting((start, end), self._max, (_WORD_END,)):
            self._leading += self._tokens(span)
            yield self._piece(span, level=level, leads=True)

    def _body(self, start: int, end: int) -> Iterator[Piece]:
        for part in self._between_pages(start, end):
            for block in _split(self._text, part, _BLOCK_END):
                for span in self._fitting(block, self._room(), (_LINE_END, _SENTENCE_END, _WORD_END)):
                    yield self._piece(span)
                self._leading = 0

    def _table(self, start: int, end: int) -> Iterator[Piece]:
        if self._tokens((start, end)) <= self._room():
            yield self._piece((start, end))
        else:
            yield from self._rows(list(_split(self._text, (start, end), _LINE_END)))
        self._leading = 0

    def _rows(self, rows: list[Span]) -> Iterator[Piece]:
        """Each row by itself, headed by the first; a row too long for that goes in parts without the
        header.
        """
        header, header_tokens = self._repeatable(rows[0])
        for span in self._fitting(rows[0], self._room(), (_SENTENCE_END, _WORD_END)):
            yield self._piece(span, leads=bool(header))
        for row in rows[1:]:
            if self._tokens(row) + header_tokens <= self._max:
                yield self._piece(row, table_header=header, header_tokens=header_tokens)
            else:
                for span in self._fitting(row, self._max, (_SENTENCE_END, _WORD_END)):
                    yield self._piece(span)

    def _repeatable(self, row: Span) -> tuple[str, int]:
        tokens = self._tokens(row)
        return (self._text[row[0] : row[1]], tokens) if tokens <= self._max * HEADER_SHARE else ("", 0)

    def _room(self) -> int:
        """What a block may take so that it stands in one passage with the headings right above it."""
        return max(self._max - self._leading, self._max // 2, 1)

    def _between_pages(self, start: int, end: int) -> Iterator[Span]:
        first, last = bisect_right(self._page_starts, start), bisect_right(self._page_starts, end - 1)
        for stop in [*self._page_starts[first:last], end]:
            yield start, stop
            start = stop

    def _fitting(self, span: Span, room: int, separators: tuple[re.Pattern[str], ...]) -> Iterator[Span]:
        """Cut a span at the coarsest separator that makes it fit, and through a word where nothing else
        does.
        """
        if self._tokens(span) <= room:
            yield span
        elif not separators:
            yield from self._halves(span, room)
        else:
            for part in _split(self._text, span, separators[0]):
                yield from self._fitting(part, room, separators[1:])

    def _halves(self, span: Span, room: int) -> Iterator[Span]:
        start, end = span
        if end - start == 1:
            yield span
            return
        middle = (start + end) // 2
        yield from self._fitting((start, middle), room, ())
        yield from self._fitting((middle, end), room, ())

    def _tokens(self, span: Span) -> int:
        if span not in self._counted:
            self._counted[span] = self._count(self._text[span[0] : span[1]])
        return self._counted[span]

    def _piece(
        self,
        span: Span,
        *,
        level: int = 0,
        leads: bool = False,
        table_header: str = "",
        header_tokens: int = 0,
    ) -> Piece:
        path = tuple(title for _, title in self._path)
        page = self._page_at(span[0])
        return Piece(*span, self._tokens(span), page, path, level, leads, table_header, header_tokens)

    def _page_at(self, offset: int) -> int | None:
        index = bisect_right(self._page_starts, offset) - 1
        return self._stored.pages[index][0] if index >= 0 else None


def _split(text: str, span: Span, separator: re.Pattern[str]) -> Iterator[Span]:
    """Yield the visible stretches of `span` between matches of `separator`, without outer blanks."""
    at, end = span
    for match in separator.finditer(text, *span):
        yield from _trimmed(text, at, match.end())
        at = match.end()
    yield from _trimmed(text, at, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    match = _VISIBLE.search(text, start, end)
    if match:
        yield match.span()
