"""Takes out of a PDF page the text that the page does not show: drawn without ink, in the paper's white, too small to
see, or beyond the page's edges.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from ingestion.documents import LeftOut

# Above this many objects a page is a map or a drawing; its text is taken as it is.
_MOST_OBJECTS = 20_000
_DEEPEST = 6
_NEARLY_WHITE = 250
_TINY_POINTS = 1.0
# Hidden text of fewer letters says nothing.
_STEP = 4
_NO_INK = pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
# A picture over this share of the page is a scan, and text without ink upon it is what was recognised in it.
_SCAN_SHARE = 0.4
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Object:
    raw: Any
    form: Any
    kind: int
    box: Box
    order: int


def may_hide(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage) -> bool:
    """Whether any of the page's letters, of which every few are asked, gives reason to look at all objects."""
    left, bottom, right, top = _page_box(page)
    parts = tuple(ctypes.c_uint() for _ in range(4))
    box, raw = pdfium.FS_RECTF(), textpage.raw
    for index in range(0, pdfium.FPDFText_CountChars(raw), _STEP):
        if pdfium.FPDFText_GetFillColor(raw, index, *parts):
            red, green, blue, alpha = parts
            if alpha.value == 0 or min(red.value, green.value, blue.value) >= _NEARLY_WHITE:
                return True
        if pdfium.FPDFTextObj_GetTextRenderMode(pdfium.FPDFText_GetTextObject(raw, index)) == _NO_INK:
            return True
        pdfium.FPDFText_GetLooseCharBox(raw, index, box)
        if 0 < box.top - box.bottom <= _TINY_POINTS:
            return True
        if box.right > box.left and _is_apart((box.left, box.bottom, box.right, box.top), (left, bottom, right, top)):
            return True
    return False


def remove_hidden(page: pypdfium2.PdfPage) -> Counter[LeftOut]:
    """Remove the text objects that nobody sees, and count runs of neighbours by reason."""
    left_out: Counter[LeftOut] = Counter()
    if pdfium.FPDFPage_CountObjects(page.raw) > _MOST_OBJECTS:
        return left_out
    look = _Look(page)
    hidden = [(text, reason) for text in look.texts if (reason := look.reason(text)) is not None]
    white = [text.box for text, reason in hidden if reason is LeftOut.SAME_COLOUR]
    blank = dict(zip(white, _blank(page, white), strict=True))
    hidden = [(text, reason) for text, reason in hidden if blank.get(text.box, True)]
    words = _words(page, [text for text, _ in hidden])
    before: tuple[LeftOut, int] | None = None
    for (text, reason), says in zip(hidden, words, strict=True):
        if says:
            left_out[reason] += before != (reason, text.order - 1)
            before = (reason, text.order)
        _remove(page, text)
    return left_out


def _blank(page: pypdfium2.PdfPage, boxes: list[Box]) -> list[bool]:
    """Which places are wholly white when the page is drawn: no list of colours knows all that can lie behind."""
    if not boxes:
        return []
    bitmap = page.render(scale=1, grayscale=True)
    try:
        width, height, stride = bitmap.width, bitmap.height, bitmap.stride
        pixels = bytes(bitmap.buffer)
    finally:
        bitmap.close()
    return [_is_blank(pixels, stride, _on_bitmap(page, box, width, height)) for box in boxes]


def _on_bitmap(page: pypdfium2.PdfPage, box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    points = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(page.raw, 0, 0, width, height, 0, x, y, across, down)
        points.append((min(max(across.value, 0), width - 1), min(max(down.value, 0), height - 1)))
    (a, b), (c, d) = points
    return min(a, c), min(b, d), max(a, c), max(b, d)


def _is_blank(pixels: bytes, stride: int, place: tuple[int, int, int, int]) -> bool:
    left, top, right, bottom = place
    rows = (pixels[row * stride + left : row * stride + right + 1] for row in range(top, bottom + 1))
    return all(min(row, default=255) >= _NEARLY_WHITE for row in rows)


def _words(page: pypdfium2.PdfPage, texts: list[_Object]) -> list[bool]:
    """Which of the objects hold more than blanks; PDFium answers through the page's text."""
    if not texts:
        return []
    textpage = page.get_textpage()
    try:
        return [_says_something(text.raw, textpage.raw) for text in texts]
    finally:
        textpage.close()


def _says_something(raw: Any, textpage: Any) -> bool:
    size = pdfium.FPDFTextObj_GetText(raw, textpage, None, 0)
    buffer = (ctypes.c_ushort * max(size // 2, 1))()
    pdfium.FPDFTextObj_GetText(raw, textpage, buffer, size)
    return any(chr(unit).isalnum() for unit in buffer)


class _Look:
    """The objects of a page in the order in which they are drawn."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self._page = _page_box(page)
        objects = list(_objects(page))
        self.texts = [found for found in objects if found.kind == pdfium.FPDF_PAGEOBJ_TEXT]
        self._surfaces = [found for found in objects if found.kind != pdfium.FPDF_PAGEOBJ_TEXT]
        self._is_scan = any(
            found.kind == pdfium.FPDF_PAGEOBJ_IMAGE and _area(found.box) >= _SCAN_SHARE * _area(self._page)
            for found in objects
        )

    def reason(self, text: _Object) -> LeftOut | None:
        if _is_apart(text.box, self._page):
            return LeftOut.OFF_PAGE
        mode = pdfium.FPDFTextObj_GetTextRenderMode(text.raw)
        if mode == _NO_INK:
            return None if self._is_scan else LeftOut.INVISIBLE
        if _letter_height(text.raw) <= _TINY_POINTS:
            return LeftOut.TINY
        colour = _fill(text.raw)
        if colour is None:
            return None
        if colour[3] == 0:
            return LeftOut.INVISIBLE
        is_white = min(colour[:3]) >= _NEARLY_WHITE and mode == pdfium.FPDF_TEXTRENDERMODE_FILL
        return LeftOut.SAME_COLOUR if is_white and not self._lies_on_colour(text) else None

    def _lies_on_colour(self, text: _Object) -> bool:
        """Whether something that is not white was drawn behind it; a picture or a shading may have any colour."""
        behind = (one for one in self._surfaces if one.order < text.order and _overlap(one.box, text.box))
        return any(_may_be_coloured(one) for one in behind)


def _page_box(page: pypdfium2.PdfPage) -> Box:
    left, bottom, right, top = page.get_bbox()
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _objects(page: pypdfium2.PdfPage) -> Iterator[_Object]:
    order = 0
    stack: list[tuple[Any, Any, int, tuple[float, ...]]] = [
        (pdfium.FPDFPage_GetObject(page.raw, index), None, 0, _IDENTITY)
        for index in reversed(range(pdfium.FPDFPage_CountObjects(page.raw)))
    ]
    while stack and order < _MOST_OBJECTS:
        raw, form, depth, matrix = stack.pop()
        kind = pdfium.FPDFPageObj_GetType(raw)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            inner = _times(_matrix(raw), matrix)
            count = pdfium.FPDFFormObj_CountObjects(raw)
            children = (pdfium.FPDFFormObj_GetObject(raw, index) for index in reversed(range(count)))
            stack += [(child, raw, depth + 1, inner) for child in children]
            continue
        box = _bounds(raw)
        if box is not None:
            order += 1
            yield _Object(raw, form, kind, _moved(box, matrix), order)


_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def _matrix(raw: Any) -> tuple[float, ...]:
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(raw, found):
        return _IDENTITY
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
    a, b, c, d, e, f = one
    p, q, r, s, t, u = other
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _moved(box: Box, matrix: tuple[float, ...]) -> Box:
    if matrix == _IDENTITY:
        return box
    a, b, c, d, e, f = matrix
    points = [(a * x + c * y + e, b * x + d * y + f) for x in (box[0], box[2]) for y in (box[1], box[3])]
    return min(x for x, _ in points), min(y for _, y in points), max(x for x, _ in points), max(y for _, y in points)


def _bounds(raw: Any) -> Box | None:
    sides = tuple(ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPageObj_GetBounds(raw, *sides):
        return None
    left, bottom, right, top = (side.value for side in sides)
    return left, bottom, right, top


def _letter_height(raw: Any) -> float:
    """The size of the letters on the page: the font's size as its matrix scales it."""
    size = ctypes.c_float()
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFTextObj_GetFontSize(raw, size) or not pdfium.FPDFPageObj_GetMatrix(raw, matrix):
        return _TINY_POINTS + 1
    return float(abs(size.value) * max(abs(matrix.d), abs(matrix.b), abs(matrix.c), abs(matrix.a)))


def _fill(raw: Any) -> tuple[int, int, int, int] | None:
    parts = tuple(ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(raw, *parts):
        return None
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def _may_be_coloured(surface: _Object) -> bool:
    if surface.kind != pdfium.FPDF_PAGEOBJ_PATH:
        return True
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(surface.raw, mode, stroke):
        return True
    if mode.value == pdfium.FPDF_FILLMODE_NONE:
        return False
    colour = _fill(surface.raw)
    return colour is None or (min(colour[:3]) < _NEARLY_WHITE and colour[3] > 0)


def _is_apart(box: Box, page: Box) -> bool:
    return box[2] <= page[0] or box[0] >= page[2] or box[3] <= page[1] or box[1] >= page[3]


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _area(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def _remove(page: pypdfium2.PdfPage, text: _Object) -> None:
    """The object is taken off its page or form; PDFium then no longer reads it as text."""
    if text.form is None:
        removed = pdfium.FPDFPage_RemoveObject(page.raw, text.raw)
    else:
        removed = pdfium.FPDFFormObj_RemoveObject(text.form, text.raw)
    if removed:
        pdfium.FPDFPageObj_Destroy(text.raw)
