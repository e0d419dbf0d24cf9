"""Excel workbooks: each visible sheet is a heading and a table, with values as they are shown rather than
their formulas.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import openpyxl
import xlrd

from ingestion.documents import Block, BlockKind
from ingestion.formats.archive import open_container, read_member
from ingestion.formats.office_xml import drawing_texts, usual
from ingestion.formats.reading import Reading, encrypted, too_large
from ingestion.formats.tabular import table_blocks

MAX_CELLS = 2_000_000
# Sheets often claim a million empty rows; after this many in a row nothing more is expected.
_EMPTY_ROWS = 2000
_DRAWING = re.compile(r"xl/(?:drawings/drawing|diagrams/data)\d+\.xml")
_PERCENT = re.compile(r"0(?:\.(0+))?%")


def read_xlsx(data: bytes) -> Reading:
    """Excel since 2007; hidden sheets are left out, as a reader of the workbook does not see them."""
    data = usual(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    budget = _Budget()
    try:
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        blocks = [block for sheet in sheets for block in _sheet(sheet.title, _xlsx_rows(sheet, budget))]
        properties = workbook.properties
        return Reading(
            blocks=(*blocks, *_drawn(data)),
            title=str(properties.title or "").strip(),
            modified_at=_utc(properties.modified),
            titled_by_heading=False,
        )
    finally:
        workbook.close()


def read_xls(data: bytes) -> Reading:
    """Excel before 2007."""
    try:
        workbook = xlrd.open_workbook(file_contents=data, formatting_info=False, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower() or "password" in str(error).lower():
            raise encrypted("Excel file") from error
        raise
    budget = _Budget()
    sheets = [sheet for sheet in workbook.sheets() if sheet.visibility == 0]
    blocks = [block for sheet in sheets for block in _sheet(sheet.name, _xls_rows(workbook, sheet, budget))]
    return Reading(blocks=tuple(blocks), titled_by_heading=False)


def _drawn(data: bytes) -> Iterator[Block]:
    """Text in the shapes and diagrams that lie on the sheets."""
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


def _sheet(title: str, rows: Iterable[list[str]]) -> Iterator[Block]:
    """A gap of empty rows separates two tables; a line with a single cell above a table is a remark on it."""
    tables: list[list[list[str]]] = [[]]
    empty = 0
    for row in rows:
        empty = 0 if any(row) else empty + 1
        if empty > _EMPTY_ROWS:
            break
        if any(row):
            tables[-1].append(row)
        elif tables[-1]:
            tables.append([])
    blocks = [block for table in tables for block in _remarks_and_table(table)]
    if blocks:
        yield Block(BlockKind.HEADING, title, 1)
        yield from blocks


def _remarks_and_table(rows: list[list[str]]) -> Iterator[Block]:
    first = next((index for index, row in enumerate(rows) if sum(map(bool, row)) > 1), len(rows))
    for row in rows[:first]:
        yield Block(BlockKind.PARAGRAPH, next(cell for cell in row if cell))
    yield from table_blocks(_from_first_column(rows[first:]))


def _from_first_column(rows: list[list[str]]) -> list[list[str]]:
    start = min((next(index for index, cell in enumerate(row) if cell) for row in rows), default=0)
    return [row[start:] for row in rows]


def _xlsx_rows(sheet: Any, budget: _Budget) -> Iterator[list[str]]:
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        budget.spend(len(row))
        yield [_shown(cell.value, getattr(cell, "number_format", "") or "") for cell in row]


def _xls_rows(workbook: Any, sheet: Any, budget: _Budget) -> Iterator[list[str]]:
    for index in range(sheet.nrows):
        row = sheet.row(index)
        budget.spend(len(row))
        yield [_shown(_xls_value(workbook, cell), "") for cell in row]


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
