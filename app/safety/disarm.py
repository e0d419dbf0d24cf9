"""Takes orders to a language model out of a document's text without moving anything else. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.safety.injection import CAREFUL, find_instructions

_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n")
_SENTENCE_END = re.compile(r"[.!?\u3002](?=\s)|\n")
_BLANKED = re.compile(r"[^\n]")
# In characters. A text without paragraphs loses no more than this on either side of an order.
REACH = 600


def orders_in(text: str, least: float = CAREFUL) -> list[tuple[int, int]]:
    """The stretches that speak to a model: each order with its paragraph, as what is around it belongs to it."""
    stretches: list[tuple[int, int]] = []
    for finding in find_instructions(text, least):
        begin, end = _begin(text, finding.start), _end(text, finding.end)
        if stretches and begin <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((begin, end))
    return stretches


def disarmed(text: str) -> str:
    """The text with blanks where its orders stood: as long as before, so that every place in it stays where it was."""
    return "".join(_pieces(text, orders_in(text)))


def blanked(text: str, begin: int, end: int) -> str:
    """The text with blanks from `begin` to `end`, as far as they lie in it."""
    begin, end = max(0, begin), min(len(text), end)
    return text if begin >= end else text[:begin] + _BLANKED.sub(" ", text[begin:end]) + text[end:]


def _pieces(text: str, stretches: list[tuple[int, int]]) -> Iterator[str]:
    at = 0
    for begin, end in stretches:
        yield text[at:begin]
        yield _BLANKED.sub(" ", text[begin:end])
        at = end
    yield text[at:]


def _begin(text: str, place: int) -> int:
    """The start of the paragraph around `place`, or of a sentence where that is far."""
    near = max(0, place - REACH)
    breaks = [found.end() for found in _PARAGRAPH_END.finditer(text, near, place)]
    if breaks or near == 0:
        return breaks[-1] if breaks else 0
    sentences = [found.end() for found in _SENTENCE_END.finditer(text, near, place)]
    return sentences[0] if sentences else near


def _end(text: str, place: int) -> int:
    far = min(len(text), place + REACH)
    if found := _PARAGRAPH_END.search(text, place, far):
        return found.start()
    if far == len(text):
        return far
    sentences = [found.end() for found in _SENTENCE_END.finditer(text, place, far)]
    return sentences[-1] if sentences else far
