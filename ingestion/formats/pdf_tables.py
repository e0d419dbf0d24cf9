"""Finds the tables on a PDF page: ruled ones from their drawn lines, others from columns that line up."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pypdfium2
import pypdfium2.raw as pdfium
from pdfplumber import table as geometry

from ingestion.formats.pdf_lines import Cell, Line, whole_words

Rows = tuple[tuple[str, ...], ...]
Box = tuple[float, float, float, float]

# A page with more drawn shapes than this is a picture, and looking for a grid in it would take minutes.
_MAX_SHAPES = 3000
_MAX_EDGES = 1500
_THIN = 3.0
_SHORT = 4.0
_TOLERANCE = 3.0
_BEFORE_AMOUNT = frozenset("$\u20ac\u00a3\u00a5")
_AFTER_AMOUNT = frozenset({"%", ")", ")%"})
_BLANKS = re.compile(r"\s+")
# Cells of prose set in two columns are long; those of a table are short.
_PROSE_CELL = 45


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table and the box it fills: left, bottom, right, top."""

    rows: Rows
    box: Box

    def holds(self, line: Line) -> bool:
        """Whether the middle of the line lies inside the table."""
        x, y = (line.left + line.right) / 2, (line.bottom + line.top) / 2
        left, bottom, right, top = self.box
        return left - 1 <= x <= right + 1 and bottom - 1 <= y <= top + 1

    def separates(self, lines: list[Line]) -> bool:
        """Whether its rules part the rows; where they only frame columns, one drawn row holds many lines of
        cells.
        """
        inside = sum(1 for line in lines if len(line.cells) > 1 and self.holds(line))
        return inside <= 2 * len(self.rows)


def ruled_tables(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage) -> list[PageTable]:
    """Return the tables whose cells are drawn with lines or boxes, from at least two rows and two columns."""
    edges = _edges(page)
    if len(edges) < 4 or len(edges) > _MAX_EDGES:
        return []
    merged = geometry.merge_edges(edges, _TOLERANCE, _TOLERANCE, _TOLERANCE, _TOLERANCE)
    crossings = geometry.edges_to_intersections(merged, _TOLERANCE, _TOLERANCE)
    cells = geometry.intersections_to_cells(crossings)
    tables = (_read_cells(group, textpage) for group in geometry.cells_to_tables(cells))
    return [table for table in tables if _is_table(table.rows)]


def _is_table(rows: Rows) -> bool:
    filled = [row for row in rows if any(row)]
    return len(filled) >= 2 and max(sum(1 for cell in row if cell) for row in filled) >= 2


def _edges(page: pypdfium2.PdfPage) -> list[dict[str, object]]:
    edges: list[dict[str, object]] = []
    for count, box in enumerate(_shape_boxes(page)):
        if count >= _MAX_SHAPES:
            return []
        edges.extend(_edges_of_box(*box))
    return edges


def _shape_boxes(page: pypdfium2.PdfPage) -> Iterator[Box]:
    """The boxes of the drawn shapes, asked of PDFium itself: a page has thousands of objects and few are
    shapes.
    """
    sides = tuple(ctypes.c_float() for _ in range(4))
    for index in range(pdfium.FPDFPage_CountObjects(page.raw)):
        shape = pdfium.FPDFPage_GetObject(page.raw, index)
        is_path = pdfium.FPDFPageObj_GetType(shape) == pdfium.FPDF_PAGEOBJ_PATH
        if is_path and pdfium.FPDFPageObj_GetBounds(shape, *sides):
            left, bottom, right, top = (side.value for side in sides)
            yield left, bottom, right, top


def _edges_of_box(left: float, bottom: float, right: float, top: float) -> Iterator[dict[str, object]]:
    """A thin shape is one line; a larger one is the outline of a cell."""
    wide, high = right - left > _SHORT, top - bottom > _SHORT
    if wide and (top - bottom) <= _THIN:
        yield _edge("h", left, right, (bottom + top) / 2, (bottom + top) / 2)
    elif high and (right - left) <= _THIN:
        yield _edge("v", (left + right) / 2, (left + right) / 2, bottom, top)
    elif wide and high:
        yield _edge("h", left, right, top, top)
        yield _edge("h", left, right, bottom, bottom)
        yield _edge("v", left, left, bottom, top)
        yield _edge("v", right, right, bottom, top)


def _edge(orientation: str, left: float, right: float, bottom: float, top: float) -> dict[str, object]:
    """An edge as pdfplumber describes one: its vertical axis points down."""
    return {
        "orientation": orientation, "object_type": "line",
        "x0": left, "x1": right, "top": -top, "bottom": -bottom,
        "width": right - left, "height": top - bottom,
    }  # fmt: skip


def _read_cells(cells: list[Box], textpage: pypdfium2.PdfTextPage) -> PageTable:
    lefts = sorted({round(cell[0]) for cell in cells})
    tops = sorted({round(cell[1]) for cell in cells})
    grid = [[""] * len(lefts) for _ in tops]
    for left, top, right, bottom in cells:
        text = textpage.get_text_bounded(left=left - 0.5, bottom=-bottom - 0.5, right=right + 0.5, top=-top + 0.5)
        grid[tops.index(round(top))][lefts.index(round(left))] = _BLANKS.sub(" ", whole_words(text)).strip()
    grid = [_with_symbols_joined(row) for row in grid]
    box = (
        min(c[0] for c in cells),
        -max(c[3] for c in cells),
        max(c[2] for c in cells),
        -min(c[1] for c in cells),
    )
    return PageTable(_without_empty_columns([row for row in grid if any(row)]), box)


def _with_symbols_joined(row: list[str]) -> list[str]:
    """A currency sign in a cell of its own takes the amount to its right; a percent sign goes to the amount
    before it.
    """
    joined = list(row)
    for at in range(len(joined) - 1):
        if joined[at] in _BEFORE_AMOUNT:
            joined[at], joined[at + 1] = joined[at] + joined[at + 1], ""
    for at in range(len(joined) - 1, 0, -1):
        if joined[at] in _AFTER_AMOUNT and joined[at - 1]:
            joined[at - 1], joined[at] = joined[at - 1] + joined[at], ""
    return joined


def _without_empty_columns(grid: list[list[str]]) -> Rows:
    used = [index for index in range(len(grid[0]) if grid else 0) if any(row[index] for row in grid)]
    return tuple(tuple(row[index] for index in used) for row in grid)


def aligned_table(lines: list[Line]) -> Rows:
    """Return the rows of neighbouring lines whose cells line up in columns, or nothing when they do not."""
    lines = [replace(line, cells=_with_symbol_cells_joined(line.cells)) for line in lines]
    several = [line for line in lines if len(line.cells) > 1]
    cells = [cell for line in several for cell in line.cells]
    if len(several) < 2 or not cells or sum(len(cell.text) for cell in cells) / len(cells) > _PROSE_CELL:
        return ()
    columns = _columns(cells)
    if len(columns) < 2:
        return ()
    return tuple(_row(line, columns) for line in lines)


def _with_symbol_cells_joined(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    joined: list[Cell] = []
    for cell in cells:
        if joined and (joined[-1].text in _BEFORE_AMOUNT or cell.text in _AFTER_AMOUNT):
            joined[-1] = Cell(joined[-1].text + cell.text, joined[-1].left, cell.right)
        else:
            joined.append(cell)
    return tuple(joined)


def _columns(cells: list[Cell]) -> list[tuple[float, float]]:
    """Merge the cells' horizontal extents; what stays apart are columns."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((cell.left, cell.right) for cell in cells):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns


def _row(line: Line, columns: list[tuple[float, float]]) -> tuple[str, ...]:
    row = [""] * len(columns)
    for cell in line.cells:
        middle = (cell.left + cell.right) / 2
        at = min(range(len(columns)), key=lambda index: abs((columns[index][0] + columns[index][1]) / 2 - middle))
        inside = next((index for index, (left, right) in enumerate(columns) if left <= cell.left <= right), at)
        row[inside] = f"{row[inside]} {cell.text}".strip()
    return tuple(row)


def bounds(page: pypdfium2.PdfPage) -> tuple[float, float]:
    """Return the page's lower and upper edge in points."""
    _, bottom, _, top = page.get_bbox()
    return min(bottom, top), max(bottom, top)
