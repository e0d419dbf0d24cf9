"""Lays an answer's text out as paragraphs, lists and tables with its citations in place. Pure: segments in, blocks out.

Models write a little Markdown: lists, **strong words** and `code`; quoted tables have cells between
bars. That much is understood; all the rest stays the plain text it is, so nothing a model or a
document says becomes markup.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

BULLET = re.compile(r"^\s*[-*•]\s+")
NUMBER = re.compile(r"^\s*\d{1,3}[.)]\s+")
HEADING = re.compile(r"^\s*#{1,6}\s+")
INLINE = re.compile(r"\*\*(?P<strong>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`")
CELL_SEPARATOR = " | "
RULE = re.compile(r"^[\s|:-]*-{3}[\s|:-]*$")

InlineKind = Literal["text", "strong", "code", "citation"]
BlockKind = Literal["paragraph", "bullets", "numbers", "table"]


@dataclass(frozen=True, slots=True)
class Inline:
    kind: InlineKind
    text: str = ""
    citation: Any = None


Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """A paragraph has one line per line of text, a list one per item; a table has rows of cells instead."""

    kind: BlockKind
    lines: tuple[Line, ...] = ()
    rows: tuple[tuple[Line, ...], ...] = ()

    @property
    def has_header(self) -> bool:
        return len(self.rows) > 1


def lay_out(segments: Iterable[Any]) -> list[AnswerBlock]:
    """Blocks of the segments: strings, and citations standing where they are."""
    sorted_lines = [(kind_of(line), line) for line in lines_of(segments)]
    blocks: list[AnswerBlock] = []
    for kind, group in groupby(sorted_lines, key=lambda pair: pair[0]):
        lines = [line for _, line in group]
        if kind == "table":
            blocks.append(AnswerBlock(kind, rows=tuple(cells(line) for line in lines if not is_rule(line))))
        elif kind is not None:
            blocks.append(AnswerBlock(kind, tuple(content(line) for line in lines)))
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


def kind_of(line: list[Any]) -> BlockKind | None:
    """What sort of line it is; None for an empty one."""
    if all(isinstance(part, str) and not part.strip() for part in line):
        return None
    start = line[0] if isinstance(line[0], str) else ""
    if BULLET.match(start):
        return "bullets"
    if NUMBER.match(start):
        return "numbers"
    is_row = any(isinstance(part, str) and CELL_SEPARATOR in part for part in line)
    return "table" if is_row or start.startswith("|") else "paragraph"


def content(line: list[Any]) -> Line:
    """The line's inline parts, without the mark that makes it an item or a heading."""
    start = line[0] if isinstance(line[0], str) else ""
    for pattern in (BULLET, NUMBER, HEADING):
        if match := pattern.match(start):
            line = [start[match.end() :], *line[1:]]
            break
    return tuple(inline for part in line for inline in inline_of(part))


def is_rule(line: list[Any]) -> bool:
    return len(line) == 1 and isinstance(line[0], str) and bool(RULE.match(line[0]))


def cells(line: list[Any]) -> tuple[Line, ...]:
    """A row's cells; a citation belongs to the cell it follows."""
    row: list[list[Inline]] = [[]]
    last = len(line) - 1
    for position, part in enumerate(line):
        if not isinstance(part, str):
            row[-1].append(Inline("citation", citation=part))
            continue
        text = part.removeprefix("| ") if position == 0 else part
        text = text.rstrip().removesuffix(" |") if position == last else text
        first, *others = text.split(CELL_SEPARATOR)
        row[-1] += inline_of(first)
        row += [list(inline_of(other)) for other in others]
    return tuple(tuple(cell) for cell in row)


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
