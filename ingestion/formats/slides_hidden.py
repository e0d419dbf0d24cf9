"""Takes out of a PowerPoint file what nobody sees on its slides, and fills the cells that others are merged over."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pptx

from ingestion.documents import LeftOut
from ingestion.formats.office_xml import Rewritten

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
# Hundredths of a point.
_TINY = 100
_WHITE = "FFFFFF"
Box = tuple[int, int, int, int]


def visible_slides(file: Rewritten) -> Rewritten:
    """Return the file without hidden slides' content, shapes and runs; slides keep their numbers."""
    presentation = pptx.Presentation(io.BytesIO(file.data))
    left_out: Counter[LeftOut] = Counter(file.left_out)
    before = left_out.total()
    merged = 0
    for slide in presentation.slides:
        left_out.update(_hide(slide, presentation.slide_width or 0, presentation.slide_height or 0))
        merged += sum(_fill_merged(table) for table in slide.element.iter(f"{_A}tbl"))
    if left_out.total() == before and not merged:
        return file
    out = io.BytesIO()
    presentation.save(out)
    return Rewritten(out.getvalue(), left_out)


def is_hidden_slide(slide: Any) -> bool:
    return slide.element.get("show") in ("0", "false")


def _hide(slide: Any, width: int, height: int) -> Iterator[LeftOut]:
    if is_hidden_slide(slide):
        for shape in list(slide.shapes):
            _remove(shape.element)
        yield LeftOut.SLIDE
        return
    for shape in list(slide.shapes):
        reason = _reason(shape, width, height)
        if reason is not None:
            if _has_text(shape.element):
                yield reason
            _remove(shape.element)
    for shape in slide.shapes:
        yield from _hide_runs(slide, shape)


def _reason(shape: Any, width: int, height: int) -> LeftOut | None:
    if any(properties.get("hidden") in ("1", "true") for properties in shape.element.iter(f"{_P}cNvPr")):
        return LeftOut.HIDDEN
    box = _box(shape)
    if box is None:
        return None
    left, top, right, bottom = box
    return LeftOut.OFF_PAGE if right <= 0 or bottom <= 0 or left >= width or top >= height else None


def _hide_runs(slide: Any, shape: Any) -> Iterator[LeftOut]:
    ground = _ground(slide, shape)
    for run in list(shape.element.iter(f"{_A}r")):
        properties = run.find(f"{_A}rPr")
        if properties is None or not "".join(run.itertext()).strip():
            continue
        size = properties.get("sz", "")
        reason = None
        if size.isdecimal() and int(size) <= _TINY:
            reason = LeftOut.TINY
        elif ground is not None and _fill(properties) == ground:
            reason = LeftOut.SAME_COLOUR
        if reason is not None:
            yield reason
            _remove(run)


def _ground(slide: Any, shape: Any) -> str | None:
    """The colour behind the shape's text, or None where it is not certain."""
    properties = shape.element.find(f"{_P}spPr")
    if properties is None:
        return None
    own = _fill(properties)
    if own is not None:
        return own
    if shape.element.find(f"{_P}style") is not None or _has_other_fill(properties):
        return None
    if _lies_on_something(slide, shape):
        return None
    return _slide_ground(slide)


def _slide_ground(slide: Any) -> str | None:
    """The colour of an explicit plain background; the standard one of the first theme colour is white."""
    for one in (slide, slide.slide_layout, slide.slide_layout.slide_master):
        background = one.element.find(f"{_P}cSld/{_P}bg")
        if background is None:
            continue
        properties = background.find(f"{_P}bgPr")
        if properties is not None:
            return _fill(properties)
        reference = background.find(f"{_P}bgRef/{_A}schemeClr")
        return _WHITE if reference is not None and reference.get("val") in ("bg1", "lt1") else None
    return None


def _fill(properties: Any) -> str | None:
    fill = properties.find(f"{_A}solidFill")
    colour = fill[0] if fill is not None and len(fill) else None
    if colour is None or len(colour):
        return None
    if colour.tag == f"{_A}srgbClr":
        return str(colour.get("val", "")).upper()
    return _WHITE if colour.tag == f"{_A}schemeClr" and colour.get("val") in ("bg1", "lt1") else None


def _has_other_fill(properties: Any) -> bool:
    names = ("solidFill", "gradFill", "blipFill", "pattFill", "grpFill")
    return any(properties.find(f"{_A}{name}") is not None for name in names)


def _lies_on_something(slide: Any, shape: Any) -> bool:
    box = _box(shape)
    behind = (slide, slide.slide_layout, slide.slide_layout.slide_master)
    others = [other for one in behind for other in one.shapes if other.element is not shape.element and _covers(other)]
    return any(box is None or (found := _box(other)) is None or _overlap(box, found) for other in others)


def _covers(shape: Any) -> bool:
    """Whether the shape has a surface of its own: a picture, a table, a chart, a group, or a filled form."""
    if shape.element.tag != f"{_P}sp":
        return True
    properties = shape.element.find(f"{_P}spPr")
    has_style = shape.element.find(f"{_P}style") is not None
    return has_style or (properties is not None and _has_other_fill(properties))


def _box(shape: Any) -> Box | None:
    if None in (shape.left, shape.top, shape.width, shape.height):
        return None
    return shape.left, shape.top, shape.left + shape.width, shape.top + shape.height


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _has_text(element: Any) -> bool:
    return any((part.text or "").strip() for part in element.iter(f"{_A}t"))


def _fill_merged(table: Any) -> int:
    """Copy the text of a merged cell into the cells it covers; a cell as wide as its table says it once."""
    rows = [list(row.iter(f"{_A}tc")) for row in table.iter(f"{_A}tr")]
    filled = 0
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            across = int(cell.get("gridSpan", "1")) if cell.get("gridSpan", "1").isdecimal() else 1
            down = int(cell.get("rowSpan", "1")) if cell.get("rowSpan", "1").isdecimal() else 1
            wide = 1 if across >= len(row) else across
            covered = [covered for line in rows[at : at + down] for covered in line[column : column + wide]]
            filled += sum(_copy_text(cell, other) for other in covered if other is not cell)
    return filled


def _copy_text(source: Any, target: Any) -> bool:
    text = source.find(f"{_A}txBody")
    if text is None or not _has_text(source) or _has_text(target):
        return False
    old = target.find(f"{_A}txBody")
    if old is not None:
        target.remove(old)
    target.insert(0, deepcopy(text))
    return True


def _remove(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
