"""Writes a slide deck: each first-level heading opens a slide, `>` lines become speaker notes."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from pptx import Presentation
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide
from pptx.util import Cm, Pt

from sample.builder.archives import fixed
from sample.builder.markup import Piece, PieceKind, SourceText

TITLE_SLIDE, TITLE_AND_BODY = 0, 1


def write_slides(source: SourceText, moment: datetime) -> bytes:
    deck = Presentation()
    deck.core_properties.title = source.header["title"]
    deck.core_properties.author = source.header.get("author", "Fennmark Pumps")
    deck.core_properties.created = deck.core_properties.modified = moment
    _title_slide(deck, source)
    for heading, pieces in _by_slide(source.pieces):
        _slide(deck, heading, pieces)
    target = BytesIO()
    deck.save(target)
    return fixed(target.getvalue(), moment)


def _title_slide(deck: Deck, source: SourceText) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_SLIDE])
    slide.shapes.title.text = source.header["title"]
    slide.placeholders[1].text = f"{source.header['author']}\n{source.header['date']}"


def _by_slide(pieces: list[Piece]) -> list[tuple[str, list[Piece]]]:
    slides: list[tuple[str, list[Piece]]] = []
    for piece in pieces:
        if piece.kind is PieceKind.HEADING:
            slides.append((piece.text, []))
        else:
            slides[-1][1].append(piece)
    return slides


def _slide(deck: Deck, heading: str, pieces: list[Piece]) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_AND_BODY])
    slide.shapes.title.text = heading
    lines = [piece.text for piece in pieces if piece.kind in (PieceKind.ITEM, PieceKind.PARAGRAPH)]
    body = slide.placeholders[1]
    body.text_frame.text = "\n".join(lines)
    for paragraph in body.text_frame.paragraphs:
        paragraph.font.size = Pt(20)
    notes = [piece.text for piece in pieces if piece.kind is PieceKind.NOTE]
    if notes:
        slide.notes_slide.notes_text_frame.text = "\n".join(notes)
    for piece in pieces:
        if piece.kind is PieceKind.TABLE:
            _table(slide, piece.rows, has_lines=bool(lines))


def _table(slide: Slide, rows: list[list[str]], *, has_lines: bool) -> None:
    """A table goes under the text when there is some, and takes the text's place otherwise."""
    body = slide.placeholders[1]
    if has_lines:
        body.left, body.top, body.width, body.height = Cm(1.3), Cm(4.2), Cm(22.8), Cm(5)
    else:
        body._element.getparent().remove(body._element)
    top = Cm(9.8) if has_lines else Cm(4.6)
    shape = slide.shapes.add_table(len(rows), len(rows[0]), Cm(1.3), top, Cm(22.8), Cm(0.9 * len(rows)))
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            cell = shape.table.cell(r, c)
            cell.text = text
            cell.text_frame.paragraphs[0].font.size = Pt(14)
