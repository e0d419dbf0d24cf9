"""What a PowerPoint file says beside the text of its slides: title, date, charts, notes, and what the layouts show."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pptx

from ingestion.documents import Block, BlockKind, LeftOut
from ingestion.formats.office import diagrams, modified_at, office_warnings, title_of
from ingestion.formats.office_xml import Rewritten
from ingestion.formats.reading import Reading
from ingestion.formats.slides_hidden import is_hidden_slide

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
# So that a reader of a passage knows that it was said rather than shown.
NOTES = "Speaker's notes: "


def slides_reading(file: Rewritten, blocks: Iterable[Block]) -> Reading:
    """Add notes and charts to the blocks of each slide, and a title to slides that have none."""
    presentation = pptx.Presentation(io.BytesIO(file.data))
    by_slide: dict[int, list[Block]] = {}
    for block in blocks:
        by_slide.setdefault(block.page or 1, []).append(block)
    kept: list[Block] = []
    for number, slide in enumerate(presentation.slides, start=1):
        if not is_hidden_slide(slide):
            kept += _slide(slide, number, by_slide.get(number, []))
    return Reading(
        blocks=(*kept, *_behind(presentation)),
        title=title_of(presentation.core_properties),
        page_count=len(presentation.slides),
        warnings=office_warnings(file.data),
        modified_at=modified_at(presentation.core_properties),
        left_out=Counter(file.left_out) + Counter({LeftOut.COMMENT: sum(map(_comments, presentation.slides))}),
        pictures=sum(map(_pictures, presentation.slides)),
    )


def _slide(slide: Any, number: int, blocks: list[Block]) -> Iterator[Block]:
    yield from _slide_title_first(blocks)
    yield from _charts(slide.shapes, number)
    yield from diagrams(slide.part, number)
    yield from _notes(slide, number)


def _slide_title_first(blocks: list[Block]) -> list[Block]:
    """A slide's title heads the slide even where a picture or a logo stands above it."""
    titles = [block for block in blocks if block.kind is BlockKind.HEADING]
    return titles + [block for block in blocks if block.kind is not BlockKind.HEADING]


def _notes(slide: Any, number: int) -> Iterator[Block]:
    if not slide.has_notes_slide or slide.notes_slide.notes_text_frame is None:
        return
    texts = [paragraph.text for paragraph in slide.notes_slide.notes_text_frame.paragraphs if paragraph.text.strip()]
    for at, text in enumerate(texts):
        yield Block(BlockKind.PARAGRAPH, text if at else f"{NOTES}{text}", 0, number)


def _behind(presentation: Any) -> Iterator[Block]:
    """The text that layouts and masters put on every slide, once; what says `click to edit` is a placeholder."""
    layouts = {slide.slide_layout.part: slide.slide_layout for slide in presentation.slides}
    masters = {layout.slide_master.part: layout.slide_master for layout in layouts.values()}
    shapes = [shape for one in (*masters.values(), *layouts.values()) for shape in one.shapes]
    texts = [shape.text_frame.text for shape in shapes if shape.has_text_frame and not shape.is_placeholder]
    for text in dict.fromkeys(" ".join(text.split()) for text in texts):
        if text:
            yield Block(BlockKind.PARAGRAPH, text, 0, len(presentation.slides) or None)


def _comments(slide: Any) -> int:
    parts = [one.target_part for one in slide.part.rels.values() if one.reltype.endswith("/comments")]
    return sum(part.blob.count(b"<p:cm ") + part.blob.count(b"<p188:cm ") for part in parts)


def _pictures(slide: Any) -> int:
    return sum(1 for _ in slide.element.iter(f"{_P}pic"))


def _charts(shapes: Any, number: int) -> Iterator[Block]:
    """A chart is read as its title and the table behind it."""
    for shape in shapes:
        if getattr(shape, "shapes", None) is not None:
            yield from _charts(shape.shapes, number)
        elif getattr(shape, "has_chart", False):
            if shape.chart.has_title and shape.chart.chart_title.has_text_frame:
                yield Block(BlockKind.PARAGRAPH, shape.chart.chart_title.text_frame.text, 0, number)
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
