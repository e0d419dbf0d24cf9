"""The typography of the PDF documents, scaled from the size of the running text."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm

INK = colors.HexColor("#1f3a5f")
GREY = colors.HexColor("#666666")
LINE = colors.HexColor("#9db0c4")
SHADE = colors.HexColor("#dfe8f1")


@dataclass(frozen=True, slots=True)
class Styles:
    body: ParagraphStyle
    clause: ParagraphStyle
    subclause: ParagraphStyle
    item: ParagraphStyle
    note: ParagraphStyle
    cell: ParagraphStyle
    title: ParagraphStyle
    heading: ParagraphStyle
    subheading: ParagraphStyle
    contents: ParagraphStyle


def styles_at(size: float) -> Styles:
    """`size` is that of the running text in points; all else follows from it."""
    body = ParagraphStyle("body", fontName="Helvetica", fontSize=size, leading=size * 1.5, spaceAfter=size * 0.65)
    bold = ParagraphStyle("bold", body, fontName="Helvetica-Bold", textColor=INK, keepWithNext=1)
    return Styles(
        body=body,
        clause=ParagraphStyle("clause", body, leftIndent=1.2 * cm, spaceAfter=size * 0.8),
        subclause=ParagraphStyle("subclause", body, leftIndent=2 * cm, bulletIndent=1.2 * cm),
        item=ParagraphStyle("item", body, leftIndent=0.6 * cm, bulletIndent=0.15 * cm, spaceAfter=size * 0.3),
        note=ParagraphStyle("note", body, fontSize=8.5, leading=11, textColor=GREY),
        cell=ParagraphStyle("cell", body, fontSize=9, leading=11.5, spaceAfter=0, embeddedHyphenation=0),
        title=ParagraphStyle("title", bold, fontSize=20, leading=26, spaceAfter=10),
        heading=ParagraphStyle("heading", bold, fontSize=size * 1.35, leading=size * 1.8, spaceBefore=size * 1.2),
        subheading=ParagraphStyle("subheading", bold, leading=size * 1.6, spaceBefore=size * 0.7),
        contents=ParagraphStyle("contents", body, fontSize=9, leading=11, spaceAfter=0),
    )
