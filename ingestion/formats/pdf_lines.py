"""Reads the lines of a PDF page with their place, size and weight, in the order in which the page draws
them.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

_LINE = re.compile(r"[^\r\n]+")
_SPACES = re.compile(r" +")
# PDFium puts one of these where a hyphen ended a line, and goes on with the next line at once.
_CUT_WORD = re.compile(r"(?<=[^\W\d_])[\x02\ufffe]\s*(?=[^\W\d_A-Z])")
_CUT = re.compile(r"[\x02\ufffe]")
_BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi", re.I)
_BOLD_WEIGHT = 600
# A blank wider than this many times the letter size separates two cells rather than two words.
CELL_GAP = 1.1
_UPRIGHT_ANGLE = 0.2
_CLAUSE_NUMBER = re.compile(r"(?:\d+(?:\.\d+)+\.?|\d+[.)]|\([a-z0-9]{1,4}\))$")


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of a line without a wide gap inside."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line in points from the page's lower left corner; `size` is the height of its letters' box."""

    cells: tuple[Cell, ...]
    bottom: float
    top: float
    size: float
    bold: bool
    upright: bool

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def begins_clause(self) -> bool:
        """Whether it is a number and a text after a gap, as contracts set their clauses; not a row of two columns."""
        return len(self.cells) == 2 and _CLAUSE_NUMBER.match(self.cells[0].text) is not None

    @property
    def left(self) -> float:
        return self.cells[0].left

    @property
    def right(self) -> float:
        return self.cells[-1].right


def page_lines(textpage: pypdfium2.PdfTextPage) -> list[Line]:
    """Return the lines of one page that hold something visible."""
    text = textpage.get_text_range()
    return list(_Reader(textpage, text).lines())


def whole_words(text: str) -> str:
    """Return `text` with the words made whole that a hyphen at a line's end had cut."""
    return _CUT.sub("-", _CUT_WORD.sub("", text))


class _Reader:
    def __init__(self, textpage: pypdfium2.PdfTextPage, text: str) -> None:
        self._page = textpage.raw
        self._text = text
        self._is_basic = all(character <= "\uffff" for character in text)
        self._box = tuple(ctypes.c_double() for _ in range(4))
        self._loose = pdfium.FS_RECTF()

    def lines(self) -> Iterator[Line]:
        for match in _LINE.finditer(self._text):
            start = match.start() + len(match.group()) - len(match.group().lstrip())
            text = match.group().strip()
            if text:
                yield self._line(text, start)

    def _line(self, text: str, start: int) -> Line:
        cells: list[Cell] = []
        first = self._char(start)
        loose_bottom, loose_top = self._loose_extent(first)
        size = abs(loose_top - loose_bottom) or 1.0
        left, cell_start = self._sides(first)[0], 0
        for gap in _SPACES.finditer(text):
            before = self._sides(self._char(start + gap.start() - 1))[1]
            after = self._sides(self._char(start + gap.end()))[0]
            if after - before > CELL_GAP * size:
                cells.append(Cell(whole_words(text[cell_start : gap.start()]), left, before))
                left, cell_start = after, gap.end()
        cells.append(Cell(whole_words(text[cell_start:]), left, self._sides(self._char(start + len(text) - 1))[1]))
        upright = abs(pdfium.FPDFText_GetCharAngle(self._page, first)) < _UPRIGHT_ANGLE
        return Line(tuple(cells), loose_bottom, loose_top, round(size, 1), self._is_bold(first), upright)

    def _char(self, text_index: int) -> int:
        """PDFium counts UTF-16 units, and leaves out of the text some characters that it counts on the
        page.
        """
        if not self._is_basic:
            text_index = len(self._text[:text_index].encode("utf-16-le", "surrogatepass")) // 2
        return pdfium.FPDFText_GetCharIndexFromTextIndex(self._page, text_index)

    def _sides(self, char: int) -> tuple[float, float]:
        left, right, bottom, top = self._box
        if not pdfium.FPDFText_GetCharBox(self._page, char, left, right, bottom, top):
            return 0.0, 0.0
        return left.value, right.value

    def _loose_extent(self, char: int) -> tuple[float, float]:
        pdfium.FPDFText_GetLooseCharBox(self._page, char, self._loose)
        return self._loose.bottom, self._loose.top

    def _is_bold(self, char: int) -> bool:
        if pdfium.FPDFText_GetFontWeight(self._page, char) >= _BOLD_WEIGHT:
            return True
        name = ctypes.create_string_buffer(128)
        flags = ctypes.c_int()
        pdfium.FPDFText_GetFontInfo(self._page, char, name, 128, flags)
        return bool(_BOLD_NAME.search(name.value.decode("utf-8", "replace")))
