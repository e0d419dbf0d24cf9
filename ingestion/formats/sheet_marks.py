"""What the XML of a worksheet says beside its cells: hidden rows and columns, merged cells, and what is printed
above and below the pages.

Read with patterns over the bytes, because the reading library leaves these out where it reads row by row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_COLUMN = re.compile(rb"<(?:\w+:)?col\s[^>]*>")
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?\bhidden=[\"'](?:1|true)[\"'][^>]*>")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref=[\"']\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)[\"']")
_EDGES = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)[^>]*>(.*?)</", re.S)
_FILTER = re.compile(rb"<(?:\w+:)?autoFilter\b")
_TABLES = re.compile(rb"<(?:\w+:)?tablePart\b")
_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']")
_OUTLINE = re.compile(rb"\boutlineLevel=[\"'][1-9]")
_NUMBER = re.compile(rb"\b(min|max|r)=[\"'](\d+)[\"']")
_CODE = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|K\d\d[+-]\d{3}|\d+|[LCRPNDTZFABEGIUSXYOH])|&(?=&)')
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_PAGE_WORDS = re.compile(r"\b(?:page|of|seite|von)\b", re.I)
_MOST_MERGES = 5000
_MOST_COLUMNS = 16_384


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, numbered from 1, both ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """Rows and columns are numbered from 1. `has_tables`: its cells may take colours from a table's style."""

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merges: tuple[Merge, ...] = ()
    edges: tuple[str, ...] = ()
    has_tables: bool = field(default=False)


def sheet_marks(part: bytes) -> SheetMarks:
    """Return the marks of one worksheet.

    Rows and columns of a folded outline, and rows that a filter hides, are not hidden here: a reader has them back
    with a click.
    """
    columns = (tag for tag in _COLUMN.findall(part) if _HIDDEN.search(tag) and not _OUTLINE.search(tag))
    rows = (tag for tag in _ROW.findall(part) if not _OUTLINE.search(tag)) if not _FILTER.search(part) else ()
    return SheetMarks(
        hidden_rows=frozenset(_numbers(tag)[b"r"] for tag in rows if b"r" in _numbers(tag)),
        hidden_columns=frozenset(number for tag in columns for number in _range(tag)),
        merges=tuple(_merges(part)),
        edges=tuple(_edges(part)),
        has_tables=bool(_TABLES.search(part)),
    )


def _numbers(tag: bytes) -> dict[bytes, int]:
    return {name: int(value) for name, value in _NUMBER.findall(tag)}


def _range(tag: bytes) -> range:
    found = _numbers(tag)
    return range(found.get(b"min", 1), min(found.get(b"max", 0), _MOST_COLUMNS) + 1)


def _merges(part: bytes) -> Iterator[Merge]:
    for at, (left, top, right, bottom) in enumerate(_MERGE.findall(part)):
        if at >= _MOST_MERGES:
            return
        yield Merge(int(top), _column(left), int(bottom), _column(right))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _edges(part: bytes) -> Iterator[str]:
    """Headers and footers without the codes that set them; what is only a page number says nothing."""
    for found in dict.fromkeys(_EDGES.findall(part)):
        text = found.decode("utf-8", "replace").replace("&amp;", "&").replace("&quot;", '"')
        shown = " ".join(_CODE.sub(" ", text.replace("&lt;", "<").replace("&gt;", ">")).split())
        if _LETTERS.search(_PAGE_WORDS.sub("", shown)):
            yield shown
