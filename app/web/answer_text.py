"""Lays an answer's text out as paragraphs, lists and tables with its citations in place. Pure: segments in, blocks out.

Models write a little Markdown: lists, **strong words** and `code`; quoted tables have cells between
bars. That much is understood; all the rest stays the plain text it is, so nothing a model or a
document says becomes markup. Every part remembers where it stands in the answer's text, so that the
sentences that were checked can be found again in what is laid out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import Any, Literal, Protocol

BULLET = re.compile(r"^\s*[-*•]\s+")
NUMBER = re.compile(r"^\s*\d{1,3}[.)]\s+")
HEADING = re.compile(r"^\s*#{1,6}\s+")
INLINE = re.compile(r"\*\*(?P<strong>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`")
CELL_SEPARATOR = " | "
# One blank after a word: what separates the cells of a table is left alone.
BEFORE_A_CITATION = re.compile(r"[^\s|] $")
NO_BREAK = "\u00a0"
RULE = re.compile(r"^[\s|:-]*-{3}[\s|:-]*$")

InlineKind = Literal["text", "strong", "code", "citation", "sentence"]
BlockKind = Literal["paragraph", "bullets", "numbers", "table"]
Placed = tuple[int, Any]


class Sentence(Protocol):
    """A stretch of the answer's text, and the reason why it is told apart."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Inline:
    """`start` is an offset into the answer's text. A sentence has `parts` of the other kinds and its `check`."""

    kind: InlineKind
    text: str = ""
    citation: Any = None
    start: int = field(default=0, compare=False)
    parts: tuple["Inline", ...] = ()
    check: Any = None


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


def lay_out(segments: Iterable[Placed], sentences: Sequence[Sentence] = ()) -> list[AnswerBlock]:
    """Blocks of the segments: strings, and citations standing where they are, each with its offset."""
    sorted_lines = [(kind_of(line), line) for line in lines_of(segments)]
    blocks: list[AnswerBlock] = []
    for kind, group in groupby(sorted_lines, key=lambda pair: pair[0]):
        lines = [line for _, line in group]
        if kind == "table":
            rows = (cells(line) for line in lines if not is_rule(line))
            blocks.append(AnswerBlock(kind, rows=tuple(tuple(told(cell, sentences) for cell in row) for row in rows)))
        elif kind is not None:
            blocks.append(AnswerBlock(kind, tuple(told(content(line), sentences) for line in lines)))
    return blocks


def lines_of(segments: Iterable[Placed]) -> Iterator[list[Placed]]:
    line: list[Placed] = []
    for start, segment in segments:
        if not isinstance(segment, str):
            hold_on_to(line)
            line.append((start, segment))
            continue
        first, *others = split(start, segment, "\n")
        line.append(first)
        for other in others:
            yield line
            line = [other]
    yield line


def hold_on_to(line: list[Placed]) -> None:
    """No line is broken between words and the citation that stands for them."""
    if line and isinstance(line[-1][1], str) and BEFORE_A_CITATION.search(line[-1][1]):
        start, words = line[-1]
        line[-1] = (start, f"{words[:-1]}{NO_BREAK}")


def split(start: int, text: str, separator: str) -> list[Placed]:
    parts = []
    for part in text.split(separator):
        parts.append((start, part))
        start += len(part) + len(separator)
    return parts


def kind_of(line: list[Placed]) -> BlockKind | None:
    """What sort of line it is; None for an empty one."""
    parts = [part for _, part in line]
    if all(isinstance(part, str) and not part.strip() for part in parts):
        return None
    start = parts[0] if isinstance(parts[0], str) else ""
    if BULLET.match(start):
        return "bullets"
    if NUMBER.match(start):
        return "numbers"
    is_row = any(isinstance(part, str) and CELL_SEPARATOR in part for part in parts)
    return "table" if is_row or start.startswith("|") else "paragraph"


def content(line: list[Placed]) -> Line:
    """The line's inline parts, without the mark that makes it an item or a heading."""
    start, first = line[0]
    for pattern in (BULLET, NUMBER, HEADING):
        if match := pattern.match(first if isinstance(first, str) else ""):
            line = [(start + match.end(), first[match.end() :]), *line[1:]]
            break
    return tuple(inline for part in line for inline in inline_of(part))


def is_rule(line: list[Placed]) -> bool:
    return len(line) == 1 and isinstance(line[0][1], str) and bool(RULE.match(line[0][1]))


def cells(line: list[Placed]) -> tuple[Line, ...]:
    """A row's cells; a citation belongs to the cell it follows."""
    row: list[list[Inline]] = [[]]
    last = len(line) - 1
    for position, (start, part) in enumerate(line):
        if not isinstance(part, str):
            row[-1] += inline_of((start, part))
            continue
        text = part.removeprefix("| ") if position == 0 else part
        begins = start + len(part) - len(text)
        text = text.rstrip().removesuffix(" |") if position == last else text
        first, *others = split(begins, text, CELL_SEPARATOR)
        row[-1] += inline_of(first)
        row += [list(inline_of(other)) for other in others]
    return tuple(tuple(cell) for cell in row)


def inline_of(placed: Placed) -> Iterator[Inline]:
    start, part = placed
    if not isinstance(part, str):
        yield Inline("citation", citation=part, start=start)
        return
    position = 0
    for match in INLINE.finditer(part):
        if match.start() > position:
            yield Inline("text", part[position : match.start()], start=start + position)
        kind: InlineKind = "strong" if match["strong"] else "code"
        yield Inline(kind, match[kind], start=start + match.start(kind))
        position = match.end()
    if position < len(part):
        yield Inline("text", part[position:], start=start + position)


def told(line: Line, sentences: Sequence[Sentence]) -> Line:
    """The line with what belongs to each sentence gathered in one part."""
    if not sentences:
        return line
    pieces = [piece for inline in line for piece in cut(inline, sentences)]
    gathered: list[Inline] = []
    for check, group in groupby(pieces, key=lambda piece: sentence_at(piece.start, sentences)):
        parts = tuple(group)
        gathered += [Inline("sentence", parts=parts, check=check)] if check is not None else parts
    return tuple(gathered)


def cut(inline: Inline, sentences: Sequence[Sentence]) -> list[Inline]:
    """The part cut where sentences begin and end."""
    end = inline.start + len(inline.text)
    borders = {place for each in sentences for place in (each.start, each.end) if inline.start < place < end}
    if not borders:
        return [inline]
    places = [inline.start, *sorted(borders), end]
    return [
        replace(inline, text=inline.text[a - inline.start : b - inline.start], start=a) for a, b in pairwise(places)
    ]


def sentence_at(place: int, sentences: Sequence[Sentence]) -> Sentence | None:
    return next((each for each in sentences if each.start <= place < each.end), None)
