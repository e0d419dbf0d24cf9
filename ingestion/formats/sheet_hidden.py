"""Tells which cells, rows and columns of a worksheet its readers see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ingestion.documents import LeftOut
from ingestion.formats.sheet_marks import Merge, SheetMarks

_TINY_POINTS = 1
_WHITE = "FFFFFF"
# A number format that shows nothing.
_SHOWS_NOTHING = ";;;"


class Unseen:
    """Why a cell's own look hides its value; looks are shared by many cells, so each is examined once."""

    def __init__(self) -> None:
        self._known: dict[int, LeftOut | None] = {}

    def reason(self, cell: Any) -> LeftOut | None:
        style = getattr(cell, "_style_id", None)
        if not style:
            return None
        if style not in self._known:
            self._known[style] = _reason(cell)
        return self._known[style]


class SheetFilter:
    """Leaves out what one sheet hides, and counts it; a table's own colours are not known, so its cells stay."""

    def __init__(self, marks: SheetMarks, unseen: Unseen, left_out: Counter[LeftOut]) -> None:
        self._marks = marks
        self._unseen = unseen
        self._left_out = left_out

    def sees(self, cell: Any) -> bool:
        """Whether a cell's value is shown."""
        reason = self._unseen.reason(cell) if cell is not None else None
        if reason is None or (reason is LeftOut.SAME_COLOUR and self._marks.has_tables) or cell.value is None:
            return True
        self._left_out[reason] += 1
        return False

    def without_hidden(self, rows: Iterable[list[str]]) -> Iterator[list[str]]:
        """The rows without hidden ones and without the cells of hidden columns."""
        hidden, found = self._marks.hidden_columns, set()
        for number, row in enumerate(rows, start=1):
            if number in self._marks.hidden_rows:
                self._left_out[LeftOut.ROW_OR_COLUMN] += any(row)
                continue
            if hidden:
                found |= {at for at, text in enumerate(row, start=1) if text and at in hidden}
            yield [text for at, text in enumerate(row, start=1) if at not in hidden] if hidden else row
        self._left_out[LeftOut.ROW_OR_COLUMN] += len(found)


def xls_marks(sheet: Any) -> SheetMarks:
    """The marks of a sheet from before 2007; rows and columns of a folded outline are not hidden here."""
    rows = {at + 1 for at, info in sheet.rowinfo_map.items() if info.hidden and not info.outline_level}
    columns = {at + 1 for at, info in sheet.colinfo_map.items() if info.hidden and not info.outline_level}
    merges = tuple(
        Merge(first_row + 1, first_column + 1, last_row, last_column)
        for first_row, last_row, first_column, last_column in sheet.merged_cells
    )
    return SheetMarks(frozenset(rows), frozenset(columns), merges)


def _reason(cell: Any) -> LeftOut | None:
    if (cell.number_format or "").replace(" ", "").startswith(_SHOWS_NOTHING):
        return LeftOut.HIDDEN
    font = cell.font
    if font is None:
        return None
    if font.sz is not None and 0 < font.sz <= _TINY_POINTS:
        return LeftOut.TINY
    colour = _colour(font.color)
    return LeftOut.SAME_COLOUR if colour is not None and colour == _ground(cell.fill) else None


def _ground(fill: Any) -> str | None:
    pattern = getattr(fill, "patternType", None) if fill is not None else None
    if pattern is None:
        return None if hasattr(fill, "stop") else _WHITE
    return _colour(fill.fgColor) if pattern == "solid" else None


def _colour(colour: Any) -> str | None:
    """As red, green and blue; a theme's first colour is the window's white."""
    if colour is None:
        return None
    if colour.type == "rgb" and isinstance(colour.rgb, str):
        return colour.rgb[-6:].upper()
    if colour.type == "theme" and colour.theme == 0 and not colour.tint:
        return _WHITE
    return _WHITE if colour.type == "indexed" and colour.indexed in (1, 9) else None
