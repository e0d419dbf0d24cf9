"""CSV and TSV files, read as one table."""

from __future__ import annotations

import csv
import io

from ingestion.documents import Block, BlockKind
from ingestion.formats.decoding import decode
from ingestion.formats.reading import Reading

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 50
csv.field_size_limit(10_000_000)


def read_csv(data: bytes) -> Reading:
    """The delimiter is the one that splits the first lines most evenly."""
    text = decode(data).replace("\0", "")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True))
    blocks = table_blocks(rows)
    return Reading(blocks=tuple(blocks))


def table_blocks(rows: list[list[str]]) -> list[Block]:
    """Return one table without its empty rows and columns, or nothing; a single column is no table but a
    text.
    """
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    used = sorted({column for row in filled for column, cell in enumerate(row) if cell.strip()})
    table = tuple(tuple(row[column] if column < len(row) else "" for column in used) for row in filled)
    if len(used) == 1:
        return [Block(BlockKind.PARAGRAPH, row[0]) for row in table]
    return [Block(BlockKind.TABLE, "", rows=table)] if table else []


def _delimiter(text: str) -> str:
    lines = [line for line in text.splitlines()[:_SAMPLE_LINES] if line.strip()]
    return max(_DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter))


def _evenness(lines: list[str], delimiter: str) -> tuple[float, int]:
    """How many lines split into the commonest number of columns, if that is more than one; ties go to more
    columns.
    """
    widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
    several = [width for width in widths if width > 1]
    if not several:
        return 0.0, 0
    commonest = max(set(several), key=several.count)
    return several.count(commonest) / len(widths), commonest
