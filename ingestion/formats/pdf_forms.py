"""What lies upon a PDF page rather than in it: filled form fields and notes typed onto the page; and how many remarks
were left out.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

_REMARKS = (
    pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_UNDERLINE, pdfium.FPDF_ANNOT_SQUIGGLY,
    pdfium.FPDF_ANNOT_STRIKEOUT, pdfium.FPDF_ANNOT_CARET,
)  # fmt: skip
_HIDDEN, _NO_VIEW = 2, 32
_PASSWORD = 1 << 13
_MOST = 2000
# A ticked box has a name for its state; these say nothing.
_STATES = ("off", "yes", "on", "no")


@dataclass(frozen=True, slots=True)
class Upon:
    """Lines to add to a page's text, and the number of remarks that are not part of it."""

    lines: tuple[str, ...] = ()
    remarks: int = 0


def upon_page(page: pypdfium2.PdfPage) -> Upon:
    """Read the annotations of a page."""
    lines: list[str] = []
    remarks = 0
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        try:
            remarks += _is_remark(annotation)
            lines += _lines(annotation)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return Upon(tuple(dict.fromkeys(lines)), remarks)


def _is_remark(annotation: Any) -> bool:
    return pdfium.FPDFAnnot_GetSubtype(annotation) in _REMARKS and bool(_text(annotation, b"Contents"))


def _lines(annotation: Any) -> Iterator[str]:
    if pdfium.FPDFAnnot_GetFlags(annotation) & (_HIDDEN | _NO_VIEW):
        return
    subtype = pdfium.FPDFAnnot_GetSubtype(annotation)
    if subtype == pdfium.FPDF_ANNOT_FREETEXT:
        text = _text(annotation, b"Contents")
        if text:
            yield text
    elif subtype == pdfium.FPDF_ANNOT_WIDGET and not _is_password(annotation):
        value = _text(annotation, b"V")
        if value and value.lower() not in _STATES:
            label = _text(annotation, b"TU")
            yield f"{label}: {value}" if label else value


def _is_password(annotation: Any) -> bool:
    flags = ctypes.c_float()
    found = pdfium.FPDFAnnot_GetNumberValue(annotation, b"Ff", flags)
    return bool(found) and bool(int(flags.value) & _PASSWORD)


def _text(annotation: Any, key: bytes) -> str:
    size = pdfium.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFAnnot_GetStringValue(annotation, key, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return " ".join(buffer.raw[: size - 2].decode("utf-16-le", "replace").split())
