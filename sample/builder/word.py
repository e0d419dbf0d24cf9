"""Writes a Word document with real heading, list and table styles, which is what a parser looks for."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from docx import Document
from docx.document import Document as WordDocument
from docx.shared import Cm, Pt

from sample.builder.archives import fixed
from sample.builder.markup import Piece, PieceKind, SourceText


def write_word(source: SourceText, moment: datetime) -> bytes:
    document = Document()
    _set_up(document, source, moment)
    document.add_heading(source.header["title"], level=0)
    for piece in source.pieces:
        _add(document, piece)
    target = BytesIO()
    document.save(target)
    return fixed(target.getvalue(), moment)


def _set_up(document: WordDocument, source: SourceText, moment: datetime) -> None:
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(10.5)
    section = document.sections[0]
    section.left_margin = section.right_margin = Cm(2.3)
    section.footer.paragraphs[0].text = f"Fennmark Pumps Ltd · {source.header.get('footer', 'Internal')}"
    document.core_properties.title = source.header["title"]
    document.core_properties.author = source.header.get("author", "Fennmark Pumps")
    document.core_properties.created = document.core_properties.modified = moment


def _add(document: WordDocument, piece: Piece) -> None:
    match piece.kind:
        case PieceKind.HEADING:
            document.add_heading(piece.text, level=piece.level)
        case PieceKind.ITEM:
            document.add_paragraph(piece.text, style="List Bullet")
        case PieceKind.TABLE:
            _add_table(document, piece.rows)
        case PieceKind.NOTE:
            document.add_paragraph(piece.text, style="Intense Quote")
        case PieceKind.PAGE_BREAK:
            document.add_page_break()
        case PieceKind.PARAGRAPH:
            document.add_paragraph(piece.text)


def _add_table(document: WordDocument, rows: list[list[str]]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Light Grid Accent 1")
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph()
