"""Writes a PDF with real text, tables, a running header and page numbers; a header line `contents: yes` adds a cover
and a table of contents, `text: 11` sets the size of the running text."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)
from reportlab.platypus.tableofcontents import TableOfContents

from sample.builder.markup import Piece, PieceKind, SourceText
from sample.builder.page_styles import GREY, LINE, SHADE, Styles, styles_at

_NUMBERED = re.compile(r"(\d+\.\d+|\([a-z]\)) ")
MARGIN = 2.4 * cm


class _Pages(BaseDocTemplate):  # type: ignore[misc]
    """Draws header and footer, and reports headings to the table of contents."""

    def __init__(self, target: BytesIO, header: dict[str, str]) -> None:
        super().__init__(
            target,
            pagesize=A4,
            invariant=1,
            title=header["title"],
            author=header.get("author", ""),
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=2.6 * cm,
            bottomMargin=2.2 * cm,
        )
        self._header = header
        frame = Frame(self.leftMargin, self.bottomMargin, self.width, self.height, id="text")
        self.addPageTemplates(PageTemplate(id="page", frames=[frame], onPage=self._furniture))

    def _furniture(self, canvas: Any, _document: Any) -> None:
        right, top = A4[0] - MARGIN, A4[1] - 1.5 * cm
        canvas.setFont("Helvetica", 8)
        canvas.setFillColor(GREY)
        canvas.drawString(MARGIN, top, self._header["title"])
        canvas.drawRightString(right, top, "Fennmark Pumps Ltd")
        canvas.drawString(MARGIN, 1.2 * cm, self._header.get("footer", "Internal"))
        canvas.drawRightString(right, 1.2 * cm, f"Page {canvas.getPageNumber()}")

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802  (the library's name)
        if isinstance(flowable, Paragraph) and flowable.style.name == "heading":
            self.notify("TOCEntry", (0, flowable.getPlainText(), self.page))


def write_pages(source: SourceText, moment: datetime) -> bytes:
    styles = styles_at(float(source.header.get("text", "10")))
    story = _cover(source.header, moment, styles) if "contents" in source.header else []
    if not story:
        story.append(Paragraph(escape(source.header["title"]), styles.title))
    for piece in source.pieces:
        story.extend(_flowables(piece, styles))
    target = BytesIO()
    _Pages(target, source.header).multiBuild(story)
    return target.getvalue()


def _cover(header: dict[str, str], moment: datetime, styles: Styles) -> list[Flowable]:
    lines = [header[key] for key in ("between", "and", "number") if key in header]
    contents = TableOfContents(levelStyles=[styles.contents])
    return [
        Spacer(1, 6 * cm),
        Paragraph(escape(header["title"]), styles.title),
        *(Paragraph(escape(line), styles.subheading) for line in lines),
        Spacer(1, cm),
        Paragraph(f"Dated {moment.day} {moment:%B %Y}", styles.body),
        PageBreak(),
        Paragraph("Contents", styles.title),
        contents,
        PageBreak(),
    ]


def _flowables(piece: Piece, styles: Styles) -> list[Flowable]:
    text = escape(piece.text)
    match piece.kind:
        case PieceKind.HEADING:
            return [Paragraph(text, styles.heading if piece.level == 1 else styles.subheading)]
        case PieceKind.ITEM:
            return [Paragraph(text, styles.item, bulletText="•")]
        case PieceKind.NOTE:
            return [Paragraph(text, styles.note)]
        case PieceKind.PAGE_BREAK:
            return [PageBreak()]
        case PieceKind.TABLE:
            return [_table(piece.rows, styles.cell), Spacer(1, 0.4 * cm)]
        case PieceKind.PARAGRAPH:
            return [_paragraph(text, styles)]


def _paragraph(text: str, styles: Styles) -> Paragraph:
    """A numbered clause hangs beside its number, as a lawyer would set it."""
    found = _NUMBERED.match(text)
    if found is None:
        return Paragraph(text, styles.body)
    style = styles.subclause if text.startswith("(") else styles.clause
    return Paragraph(text[found.end() :], style, bulletText=found[1])


def _table(rows: list[list[str]], cell: ParagraphStyle) -> Table:
    head = [Paragraph(f"<b>{escape(text)}</b>", cell) for text in rows[0]]
    body = [[Paragraph(escape(text), cell) for text in row] for row in rows[1:]]
    table = Table([head, *body], repeatRows=1, hAlign="LEFT", colWidths=_widths(rows))
    table.setStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.4, LINE),
            ("BACKGROUND", (0, 0), (-1, 0), SHADE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
    )
    return table


def _widths(rows: list[list[str]]) -> list[float]:
    """Shares the line among the columns by their longest cell, so that narrow numbers leave room for words."""
    longest = [min(max(len(row[column]) for row in rows), 30) + 9 for column in range(len(rows[0]))]
    return [16.0 * cm * length / sum(longest) for length in longest]
