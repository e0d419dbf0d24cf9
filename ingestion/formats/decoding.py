"""Turns the bytes of a text file into text, whatever encoding they are in."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Guessing an encoding is slow and a beginning is enough for it.
_GUESS_BYTES = 32_768


def decode(data: bytes, declared: str | None = None) -> str:
    """Return `data` as text: by its byte-order mark, else UTF-8, else as declared, else by the most likely
    encoding.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    wide = _unmarked_wide_encoding(data)
    if wide:
        return data.decode(wide, errors="replace")
    for candidate in ("utf-8", declared):
        text = _try(data, candidate)
        if text is not None:
            return text
    return data.decode(_likely_encoding(data), errors="replace")


def _try(data: bytes, encoding: str | None) -> str | None:
    if not encoding:
        return None
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return None


def _unmarked_wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark shows as a zero byte in the same place of nearly every character."""
    head = data[:4096]
    if len(head) < 4 or b"\0" not in head:
        return None
    zero_share = [head[offset::4].count(0) / len(head[offset::4]) for offset in range(4)]
    for encoding, zeros in (
        ("utf-32-le", (1, 2, 3)),
        ("utf-32-be", (0, 1, 2)),
        ("utf-16-le", (1, 3)),
        ("utf-16-be", (0, 2)),
    ):
        others = [zero_share[offset] for offset in range(4) if offset not in zeros]
        if all(zero_share[offset] > 0.7 for offset in zeros) and max(others) < 0.3:
            return encoding
    return None


def _likely_encoding(data: bytes) -> str:
    """Western European unless another encoding reads clearly better; Python's decoders know the names."""
    guess = from_bytes(data[:_GUESS_BYTES]).best()
    return guess.encoding if guess is not None else "cp1252"
