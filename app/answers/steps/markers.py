"""Reads citation markers such as "[1]" or "[1, 2]" out of an answer while it streams in.

Text is passed on as soon as it cannot be part of a marker; a marker is passed on whole or, when it points
at no passage, not at all. However the stream is cut, the segments say the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# In characters. A longer bracket is ordinary text, so that a model which never closes its bracket cannot hold
# back the stream.
LONGEST_MARKER = 40

MARKER = re.compile(r"\[ *([0-9]{1,4}(?: *[,;] *[0-9]{1,4})*) *\]")
UNFINISHED = re.compile(r"\[ *(?:[0-9]{1,4}(?: *[,;] *[0-9]{1,4})* *(?:[,;] *)?)?")


@dataclass(frozen=True, slots=True)
class Citation:
    """The passages, counted from 1, that one marker points at: known ones only, each once."""

    numbers: tuple[int, ...]


Segment = str | Citation


class MarkerParser:
    """Turns fed text into segments: plain text and citations of passages 1 to `passages`."""

    def __init__(self, passages: int) -> None:
        self.unknown = 0
        """How many numbers pointed at no passage and were dropped."""
        self._passages = passages
        self._held = ""

    def feed(self, text: str) -> list[Segment]:
        """What may be shown now. The end of the text is held back while it may still become a marker."""
        self._held += text
        keep = _unfinished_from(self._held)
        ready, self._held = self._held[:keep], self._held[keep:]
        return list(self._segments(ready))

    def flush(self) -> list[Segment]:
        """What was still held back at the end of the stream: a lone bracket is text, half a marker is
        nothing.
        """
        held, self._held = self._held, ""
        return [held] if held and not any(sign.isdigit() for sign in held) else []

    def _segments(self, text: str) -> Iterator[Segment]:
        shown = 0
        for marker in MARKER.finditer(text):
            if len(marker[0]) > LONGEST_MARKER:
                continue
            if marker.start() > shown:
                yield text[shown : marker.start()]
            shown = marker.end()
            if numbers := self._known(marker[1]):
                yield Citation(numbers)
        if shown < len(text):
            yield text[shown:]

    def _known(self, listed: str) -> tuple[int, ...]:
        numbers = [int(number) for number in re.findall("[0-9]+", listed)]
        known = [number for number in numbers if 1 <= number <= self._passages]
        self.unknown += len(numbers) - len(known)
        return tuple(dict.fromkeys(known))


def parse(text: str, passages: int) -> list[Segment]:
    """The segments of a whole text, neighbouring text joined."""
    parser = MarkerParser(passages)
    return join([*parser.feed(text), *parser.flush()])


def join(segments: list[Segment]) -> list[Segment]:
    """The same segments with neighbouring texts made one."""
    joined: list[Segment] = []
    for segment in segments:
        if isinstance(segment, str) and joined and isinstance(joined[-1], str):
            joined[-1] += segment
        else:
            joined.append(segment)
    return joined


def _unfinished_from(text: str) -> int:
    """Where a marker that is not yet closed begins, or the text's length."""
    opening = text.rfind("[")
    if opening < 0 or len(text) - opening > LONGEST_MARKER:
        return len(text)
    return opening if UNFINISHED.fullmatch(text, opening) else len(text)
