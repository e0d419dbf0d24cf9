"""RTF files, read as paragraphs and table rows; the format's headings are not told apart from its
paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from striprtf.striprtf import rtf_to_text

from ingestion.documents import Block, BlockKind
from ingestion.formats.reading import Reading
from ingestion.formats.text import text_blocks

_TITLE = re.compile(rb"\{\\title\s+([^{}\\]+)\}")


def read_rtf(data: bytes) -> Reading:
    """RTF is written in ASCII; other letters are escaped, so no encoding has to be known."""
    text = rtf_to_text(data.decode("latin-1"), errors="replace")
    title = _TITLE.search(data)
    return Reading(blocks=tuple(_blocks(text)), title=title.group(1).decode("latin-1").strip() if title else "")


def _blocks(text: str) -> Iterator[Block]:
    """A line per paragraph; the cells of a table row end with a bar."""
    rows: list[tuple[str, ...]] = []
    for line in text.replace("\r", "\n").split("\n"):
        if line.rstrip().endswith("|") and line.count("|") > 1:
            rows.append(tuple(cell.strip() for cell in line.strip().removesuffix("|").split("|")))
            continue
        yield from _table(rows)
        rows = []
        yield from text_blocks(line) if line.strip() else ()
    yield from _table(rows)


def _table(rows: list[tuple[str, ...]]) -> Iterator[Block]:
    if rows:
        width = max(map(len, rows))
        yield Block(BlockKind.TABLE, "", rows=tuple(row + ("",) * (width - len(row)) for row in rows))
