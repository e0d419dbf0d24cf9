"""Makes tables and remarks out of the cells of one worksheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ingestion.documents import Block, BlockKind
from ingestion.formats.sheet_marks import Merge
from ingestion.formats.tabular import table_blocks

# Sheets often claim a million empty rows; after this many in a row nothing more is expected.
_EMPTY_ROWS = 2000
# A merge over more cells than this is a background, not a heading over columns.
_MOST_COVERED = 2000
# What stands beside an empty column is a table of its own if it has at least so many columns and rows.
_APART_COLUMNS, _APART_ROWS = 2, 3

Grid = list[list[str]]


def sheet_blocks(title: str, rows: Iterable[list[str]], edges: Sequence[str] = ()) -> Iterator[Block]:
    """The sheet's name as a heading and its tables below; nothing for a sheet without a filled cell.

    A gap of empty rows separates two tables; a line with a single cell above a table is a remark on it.
    """
    tables: list[Grid] = [[]]
    empty = 0
    for row in rows:
        empty = 0 if any(row) else empty + 1
        if empty > _EMPTY_ROWS:
            break
        if any(row):
            tables[-1].append(row)
        elif tables[-1]:
            tables.append([])
    parts = [part for table in tables for part in _side_by_side(table)]
    blocks = [block for part in parts for block in _remarks_and_table(part)]
    if blocks:
        yield Block(BlockKind.HEADING, title, 1)
        yield from blocks
        yield from (Block(BlockKind.PARAGRAPH, edge) for edge in edges)


def filled_merges(rows: Iterable[list[str]], merges: Sequence[Merge]) -> Iterator[list[str]]:
    """Repeat the text of a merged cell in the cells it covers, so that every row and column can be read by itself.

    One that fills its row alone says it once in each row.
    """
    by_row: dict[int, list[Merge]] = {}
    for merge in merges:
        for covered in range(merge.first_row, merge.last_row + 1 if _is_small(merge) else merge.first_row):
            by_row.setdefault(covered, []).append(merge)
    texts: dict[Merge, str] = {}
    for number, row in enumerate(rows, start=1):
        for merge in by_row.get(number, ()):
            _fill(row, number, merge, texts)
        yield row


def _is_small(merge: Merge) -> bool:
    return (merge.last_row - merge.first_row + 1) * (merge.last_column - merge.first_column + 1) <= _MOST_COVERED


def _fill(row: list[str], number: int, merge: Merge, texts: dict[Merge, str]) -> None:
    first = merge.first_column - 1
    if number == merge.first_row:
        texts[merge] = row[first] if first < len(row) else ""
    text = texts.get(merge, "")
    if not text:
        return
    row += [""] * (merge.last_column - len(row))
    outside = any(cell for at, cell in enumerate(row) if not first <= at < merge.last_column)
    row[first : merge.last_column if outside else first + 1] = [text] * (merge.last_column - first if outside else 1)


def _side_by_side(rows: Grid) -> list[Grid]:
    """Two tables beside each other, with an empty column between them, are two tables."""
    width = max((len(row) for row in rows), default=0)
    used = [any(at < len(row) and row[at] for row in rows) for at in range(width)]
    spans = list(_spans(used))
    parts = [[row[begin:end] for row in rows] for begin, end in spans]
    filled = [[row for row in part if any(row)] for part in parts]
    are_tables = all(
        end - begin >= _APART_COLUMNS and len(part) >= _APART_ROWS
        for (begin, end), part in zip(spans, filled, strict=True)
    )
    return filled if len(spans) > 1 and are_tables else [rows]


def _spans(used: list[bool]) -> Iterator[tuple[int, int]]:
    begin: int | None = None
    for at, is_used in enumerate([*used, False]):
        if is_used and begin is None:
            begin = at
        elif not is_used and begin is not None:
            yield begin, at
            begin = None


def _remarks_and_table(rows: Grid) -> Iterator[Block]:
    first = next((index for index, row in enumerate(rows) if sum(map(bool, row)) > 1), len(rows))
    for row in rows[:first]:
        yield Block(BlockKind.PARAGRAPH, next(cell for cell in row if cell))
    yield from table_blocks(_from_first_column(rows[first:]))


def _from_first_column(rows: Grid) -> Grid:
    start = min((next(index for index, cell in enumerate(row) if cell) for row in rows), default=0)
    return [row[start:] for row in rows]
