"""What Word and PowerPoint files say beside their running text: title, date, speaker's notes, charts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import docx
import pptx

from ingestion.documents import Block, BlockKind
from ingestion.formats.office_xml import drawing_texts, parsed
from ingestion.formats.reading import Reading

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PROGRAM_TITLE = re.compile(
    r"^(?:powerpoint presentation|pr[\u00e4e]sentation|presentation|word document|document|slide)?\s*\d*$",
    re.I,
)
_SENTENCE_END = re.compile(r"[.!?:;][\"'\u201d\u2019)]*$")


def word_reading(data: bytes, blocks: Iterable[Block]) -> Reading:
    """Add title and date to the blocks of a Word file, and mend paragraphs that a page break cut in two."""
    document = docx.Document(io.BytesIO(data))
    kept = (*_mended(blocks), *_diagrams(document.part), *_footnotes(document.part))
    return Reading(
        blocks=kept,
        title=_title(document.core_properties),
        page_count=max((block.page for block in kept if block.page), default=None),
        modified_at=_modified(document.core_properties),
    )


def slides_reading(data: bytes, blocks: Iterable[Block]) -> Reading:
    """Add notes and charts to the blocks of each slide, and a title to slides that have none."""
    presentation = pptx.Presentation(io.BytesIO(data))
    by_slide: dict[int, list[Block]] = {}
    for block in blocks:
        by_slide.setdefault(block.page or 1, []).append(block)
    kept: list[Block] = []
    for number, slide in enumerate(presentation.slides, start=1):
        kept += _slide_title_first(by_slide.get(number, []))
        kept += _charts(slide.shapes, number)
        kept += _diagrams(slide.part, number)
        kept += _notes(slide, number)
    return Reading(
        blocks=tuple(kept),
        title=_title(presentation.core_properties),
        page_count=len(presentation.slides),
        modified_at=_modified(presentation.core_properties),
    )


def _slide_title_first(blocks: list[Block]) -> list[Block]:
    """A slide's title heads the slide even where a picture or a logo stands above it."""
    titles = [block for block in blocks if block.kind is BlockKind.HEADING]
    return titles + [block for block in blocks if block.kind is not BlockKind.HEADING]


def _notes(slide: Any, number: int) -> Iterator[Block]:
    if not slide.has_notes_slide or slide.notes_slide.notes_text_frame is None:
        return
    for paragraph in slide.notes_slide.notes_text_frame.paragraphs:
        if paragraph.text.strip():
            yield Block(BlockKind.PARAGRAPH, paragraph.text, 0, number)


def _diagrams(part: Any, number: int | None = None) -> Iterator[Block]:
    """The labels of the diagrams (SmartArt) that a slide or a document shows."""
    for relation in part.rels.values():
        if relation.reltype.endswith("/diagramData") and not relation.is_external:
            for text in drawing_texts(relation.target_part.blob):
                yield Block(BlockKind.LIST_ITEM, text, 1, number)


def _footnotes(part: Any) -> Iterator[Block]:
    """Footnotes and endnotes, after the text; two of each are only the lines that part them from it."""
    for relation in part.rels.values():
        if relation.reltype.endswith(("/footnotes", "/endnotes")):
            for note in parsed(relation.target_part.blob):
                text = "".join(run.text or "" for run in note.iter(f"{_W}t")).strip()
                if text:
                    yield Block(BlockKind.PARAGRAPH, text)


def _charts(shapes: Any, number: int) -> Iterator[Block]:
    """A chart is read as the table behind it."""
    for shape in shapes:
        if getattr(shape, "shapes", None) is not None:
            yield from _charts(shape.shapes, number)
        elif getattr(shape, "has_chart", False):
            rows = _chart_rows(shape.chart)
            if rows:
                yield Block(BlockKind.TABLE, "", 0, number, rows)


def _chart_rows(chart: Any) -> tuple[tuple[str, ...], ...]:
    plot = next(iter(chart.plots), None)
    if plot is None:
        return ()
    series = list(plot.series)
    header = ("", *(str(one.name) for one in series))
    values = [list(one.values) for one in series]
    rows = [
        (
            str(category),
            *("" if at >= len(column) or column[at] is None else f"{column[at]:g}" for column in values),
        )
        for at, category in enumerate(plot.categories)
    ]
    return (header, *rows) if rows else ()


def _mended(blocks: Iterable[Block]) -> Iterator[Block]:
    held: Block | None = None
    for block in blocks:
        if held is not None and _was_cut(held, block):
            held = Block(held.kind, f"{held.text.rstrip()} {block.text.lstrip()}", held.level, held.page)
            continue
        if held is not None:
            yield held
        held = block
    if held is not None:
        yield held


def _was_cut(held: Block, block: Block) -> bool:
    return (
        held.page != block.page
        and held.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
        and block.kind is BlockKind.PARAGRAPH
        and not _SENTENCE_END.search(held.text.rstrip())
        and block.text.lstrip()[:1].islower()
    )


def _title(properties: Any) -> str:
    title = str(properties.title or "").strip()
    return "" if _PROGRAM_TITLE.match(title) else title


def _modified(properties: Any) -> datetime | None:
    """Office notes times in UTC without saying so."""
    modified = properties.modified
    if not isinstance(modified, datetime):
        return None
    return modified.replace(tzinfo=UTC) if modified.tzinfo is None else modified
