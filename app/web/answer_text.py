"""Lays an answer's text out as paragraphs and lists with its citations in place. Pure: segments in, blocks out.

Models write a little Markdown: lists, **strong words** and `code`. That much is understood; all the
rest stays the plain text it is, so nothing a model or a document says becomes markup.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

BULLET = re.compile(r"^\s*[-*•]\s+")
NUMBER = re.compile(r"^\s*\d{1,3}[.)]\s+")
HEADING = re.compile(r"^\s*#{1,6}\s+")
INLINE = re.compile(r"\*\*(?P<strong>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`")

InlineKind = Literal["text", "strong", "code", "citation"]
BlockKind = Literal["paragraph", "bullets", "numbers"]


@dataclass(frozen=True, slots=True)
class Inline:
    kind: InlineKind
    text: str = ""
    citation: Any = None


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """A paragraph has one line per line of text, a list one per item."""

    kind: BlockKind
    lines: tuple[tuple[Inline, ...], ...]


def lay_out(segments: Iterable[Any]) -> list[AnswerBlock]:
    """Blocks of the segments: strings, and citations standing where they are."""
    blocks: list[AnswerBlock] = []
    kind: BlockKind | None = None
    lines: list[tuple[Inline, ...]] = []
    for line in lines_of(segments):
        now, content = kind_of(line)
        if now != kind and lines and kind:
            blocks.append(AnswerBlock(kind, tuple(lines)))
            lines = []
        kind = now
        if now:
            lines.append(tuple(content))
    if lines and kind:
        blocks.append(AnswerBlock(kind, tuple(lines)))
    return blocks


def lines_of(segments: Iterable[Any]) -> Iterator[list[Any]]:
    line: list[Any] = []
    for segment in segments:
        if not isinstance(segment, str):
            line.append(segment)
            continue
        first, *others = segment.split("\n")
        line.append(first)
        for other in others:
            yield line
            line = [other]
    yield line


def kind_of(line: list[Any]) -> tuple[BlockKind | None, list[Inline]]:
    """What sort of line it is, and its inline parts without the list marker; None for an empty line."""
    if not any(not isinstance(part, str) or part.strip() for part in line):
        return None, []
    start = line[0] if line and isinstance(line[0], str) else ""
    kind: BlockKind = "paragraph"
    for pattern, name in ((BULLET, "bullets"), (NUMBER, "numbers"), (HEADING, "paragraph")):
        if match := pattern.match(start):
            kind = name  # type: ignore[assignment]
            line = [start[match.end() :], *line[1:]]
            break
    return kind, [inline for part in line for inline in inline_of(part)]


def inline_of(part: Any) -> Iterator[Inline]:
    if not isinstance(part, str):
        yield Inline("citation", citation=part)
        return
    position = 0
    for match in INLINE.finditer(part):
        if match.start() > position:
            yield Inline("text", part[position : match.start()])
        yield Inline("strong", match["strong"]) if match["strong"] else Inline("code", match["code"])
        position = match.end()
    if position < len(part):
        yield Inline("text", part[position:])
