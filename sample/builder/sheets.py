"""Writes a workbook: each first-level heading opens a sheet; table cells that look like numbers become numbers."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from sample.builder.archives import fixed
from sample.builder.markup import Piece, PieceKind, SourceText

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_SHADE = PatternFill("solid", fgColor="D9E6F2")


def write_sheets(source: SourceText, moment: datetime) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = source.header["title"]
    book.properties.creator = source.header.get("author", "Fennmark Pumps")
    book.properties.created = moment
    for piece in source.pieces:
        if piece.kind is PieceKind.HEADING:
            book.create_sheet(piece.text)
        else:
            _add(book.worksheets[-1], piece)
    target = BytesIO()
    book.save(target)
    return fixed(target.getvalue(), moment)


def _add(sheet: Worksheet, piece: Piece) -> None:
    if piece.kind is not PieceKind.TABLE:
        sheet.append([piece.text])
        return
    for number, row in enumerate(piece.rows):
        sheet.append([_value(cell) for cell in row])
        if number == 0:
            for cell in sheet[sheet.max_row]:
                cell.font, cell.fill = Font(bold=True), _SHADE
    for column in range(1, len(piece.rows[0]) + 1):
        width = max(len(row[column - 1]) for row in piece.rows) + 3
        sheet.column_dimensions[get_column_letter(column)].width = min(width, 60)


def _value(cell: str) -> str | int | float | None:
    if not cell:
        return None
    if not _NUMBER.fullmatch(cell):
        return cell
    return float(cell) if "." in cell else int(cell)
