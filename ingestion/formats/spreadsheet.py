"""Excel workbooks: each visible sheet is a heading and a table, with values as they are shown rather than
their formulas.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import openpyxl
import xlrd

from ingestion.documents import Block, BlockKind, LeftOut
from ingestion.formats.archive import open_container, read_member
from ingestion.formats.office import container_warnings
from ingestion.formats.office_xml import drawing_texts, usual
from ingestion.formats.reading import Reading, encrypted, too_large
from ingestion.formats.sheet_grid import filled_merges, sheet_blocks
from ingestion.formats.sheet_hidden import SheetFilter, Unseen, xls_marks
from ingestion.formats.sheet_marks import SheetMarks, sheet_marks

MAX_CELLS = 2_000_000
_DRAWING = re.compile(r"xl/(?:drawings/drawing|diagrams/data|charts/chart)\d+\.xml")
_COMMENTS = re.compile(r"xl/comments/?\w*\.xml")
_COMMENT = re.compile(rb"<(?:\w+:)?comment\s")
_PICTURE = re.compile(r"xl/media/.+\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf)", re.I)
_PERCENT = re.compile(r"0(?:\.(0+))?%")


def read_xlsx(data: bytes) -> Reading:
    """Excel since 2007; what is hidden is left out, as a reader of the workbook does not see it."""
    data = usual(data).data
    container = open_container(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    budget, unseen, left_out = _Budget(), Unseen(), Counter[LeftOut]()
    blocks: list[Block] = []
    try:
        for sheet in workbook.worksheets:
            if sheet.sheet_state != "visible":
                left_out[LeftOut.SHEET] += 1
                continue
            marks = sheet_marks(read_member(container, sheet._worksheet_path))
            shown = SheetFilter(marks, unseen, left_out)
            blocks += sheet_blocks(sheet.title, _visible(_xlsx_rows(sheet, budget), marks, shown), marks.edges)
        properties = workbook.properties
    finally:
        workbook.close()
    names = container.namelist()
    comments = sum(len(_COMMENT.findall(read_member(container, name))) for name in names if _COMMENTS.fullmatch(name))
    return Reading(
        blocks=(*blocks, *_drawn(data)),
        title=str(properties.title or "").strip(),
        warnings=container_warnings(names),
        modified_at=_utc(properties.modified),
        titled_by_heading=False,
        left_out=left_out + Counter({LeftOut.COMMENT: comments}),
        pictures=sum(1 for name in names if _PICTURE.fullmatch(name)),
    )


def read_xls(data: bytes) -> Reading:
    """Excel before 2007."""
    workbook = _open_xls(data)
    budget, left_out = _Budget(), Counter[LeftOut]()
    blocks: list[Block] = []
    for sheet in workbook.sheets():
        if sheet.visibility != 0:
            left_out[LeftOut.SHEET] += 1
            continue
        marks = xls_marks(sheet)
        shown = SheetFilter(marks, Unseen(), left_out)
        blocks += sheet_blocks(sheet.name, _visible(_xls_rows(workbook, sheet, budget), marks, shown))
    return Reading(blocks=tuple(blocks), titled_by_heading=False, left_out=left_out)


def _open_xls(data: bytes) -> Any:
    """With what it says about rows, columns and merged cells, if that can be read."""
    try:
        return _xls_book(data, with_looks=True)
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower() or "password" in str(error).lower():
            raise encrypted("Excel file") from error
        return _xls_book(data, with_looks=False)
    except (struct.error, AssertionError, LookupError, ValueError, TypeError, NotImplementedError):
        return _xls_book(data, with_looks=False)


def _xls_book(data: bytes, *, with_looks: bool) -> Any:
    return xlrd.open_workbook(file_contents=data, formatting_info=with_looks, logfile=io.StringIO())


Cells = list[tuple[str, Any]]


def _visible(rows: Iterable[Cells], marks: SheetMarks, shown: SheetFilter) -> Iterator[list[str]]:
    """The texts of the cells that are seen; merged cells are spread before anything is taken away."""
    kept = ([text if shown.sees(cell) else "" for text, cell in row] for row in rows)
    yield from shown.without_hidden(filled_merges(kept, marks.merges))


def _drawn(data: bytes) -> Iterator[Block]:
    """Text in the shapes and diagrams that lie on the sheets, and the titles of charts."""
    container = open_container(data)
    for name in container.namelist():
        if _DRAWING.fullmatch(name):
            yield from (Block(BlockKind.PARAGRAPH, text) for text in drawing_texts(read_member(container, name)))


class _Budget:
    """How many more cells a workbook may have."""

    def __init__(self) -> None:
        self._left = MAX_CELLS

    def spend(self, cells: int) -> None:
        self._left -= cells
        if self._left < 0:
            raise too_large(f"Workbooks above {MAX_CELLS:,} cells are not read. Split this one and upload the parts.")


def _xlsx_rows(sheet: Any, budget: _Budget) -> Iterator[Cells]:
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        budget.spend(len(row))
        yield [(_shown(cell.value, getattr(cell, "number_format", "") or ""), cell) for cell in row]


def _xls_rows(workbook: Any, sheet: Any, budget: _Budget) -> Iterator[Cells]:
    for index in range(sheet.nrows):
        row = sheet.row(index)
        budget.spend(len(row))
        yield [(_shown(_xls_value(workbook, cell), ""), None) for cell in row]


def _xls_value(workbook: Any, cell: Any) -> object:
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate_as_datetime(cell.value, workbook.datemode)
        except (ValueError, OverflowError):
            return cell.value
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "")
    return cell.value


def _shown(value: object, number_format: str) -> str:
    """A cell roughly as Excel shows it: whole numbers without a point, dates without an empty time,
    percentages as such.
    """
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() | int():
            return _number(value, number_format)
        case datetime():
            return value.isoformat(" ", "minutes").removesuffix(" 00:00")
        case date() | time():
            return value.isoformat()
        case _:
            return " ".join(str(value).split())


def _number(value: float, number_format: str) -> str:
    percent = _PERCENT.fullmatch(number_format)
    if percent:
        return f"{value * 100:.{len(percent[1] or '')}f}%"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _utc(moment: object) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
