"""Reads the small markup in which the binary documents are written: a header of `key: value` lines, a line `---`,
then headings (`#`), list items (`-`), tables (`| a | b |`), notes (`>`), page breaks (`===`) and paragraphs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class PieceKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    TABLE = "table"
    NOTE = "note"
    PAGE_BREAK = "page break"


_MARKS = {"#": PieceKind.HEADING, "##": PieceKind.HEADING, "-": PieceKind.ITEM, ">": PieceKind.NOTE}


@dataclass(slots=True)
class Piece:
    kind: PieceKind
    text: str = ""
    level: int = 0
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SourceText:
    header: dict[str, str]
    body: str
    pieces: list[Piece]


def read_source(path: Path) -> SourceText:
    """The header, the raw body and the body's pieces; a header key may occur once."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
    header = dict(_header_line(line) for line in head.splitlines() if line.strip())
    return SourceText(header, body, pieces_of(body))


def _header_line(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip().lower(), value.strip()


def pieces_of(body: str) -> list[Piece]:
    pieces: list[Piece] = []
    for line in body.splitlines():
        piece = _piece(line.strip())
        if piece is None:
            continue
        if piece.kind is PieceKind.TABLE and pieces and pieces[-1].kind is PieceKind.TABLE:
            pieces[-1].rows.extend(piece.rows)
        else:
            pieces.append(piece)
    return pieces


def _piece(line: str) -> Piece | None:
    mark, _, rest = line.partition(" ")
    if not line:
        return None
    if line == "===":
        return Piece(PieceKind.PAGE_BREAK)
    if line.startswith("|"):
        return Piece(PieceKind.TABLE, rows=[[cell.strip() for cell in line.strip("|").split("|")]])
    if mark in _MARKS:
        return Piece(_MARKS[mark], rest, level=len(mark))
    return Piece(PieceKind.PARAGRAPH, line)
