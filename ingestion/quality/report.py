"""What is told an admin about one document: what was read, what was left out, and what looks suspicious."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.safety.injection import find_instructions
from ingestion.documents import BlockKind, LeftOut, ParsedDocument, StoredText
from ingestion.quality.language import language_of

MOST_INSTRUCTIONS = 20
_QUOTE_CHARACTERS = 160
_WORD = re.compile(r"\w+")
_NAMES = {
    LeftOut.SAME_COLOUR: ("place in the colour of its background", "places in the colour of their background"),
    LeftOut.TINY: ("place in letters too small to see", "places in letters too small to see"),
    LeftOut.INVISIBLE: ("place of invisible characters", "places of invisible characters"),
    LeftOut.HIDDEN: ("place marked as hidden", "places marked as hidden"),
    LeftOut.OFF_PAGE: ("place beyond the edge of the page", "places beyond the edge of the page"),
    LeftOut.SHEET: ("hidden sheet", "hidden sheets"),
    LeftOut.ROW_OR_COLUMN: ("hidden row or column", "hidden rows or columns"),
    LeftOut.SLIDE: ("hidden slide", "hidden slides"),
    LeftOut.COMMENT: ("comment", "comments"),
}


@dataclass(frozen=True, slots=True)
class Instruction:
    """A place in the stored text that reads like an order to a language model."""

    start: int
    end: int
    quote: str
    kind: str
    score: float
    page: int | None


@dataclass(frozen=True, slots=True)
class ParseReport:
    """`pages` is None where the format has none; `language` is a two-letter code or empty; `boilerplate` counts the
    blocks that are on most pages of the site and not searched, `left_out` the places that are not in the text, by why.
    """

    pages: int | None
    characters: int
    words: int
    tables: int
    images_without_text: int
    recognised_pages: int
    language: str
    boilerplate: int
    left_out: Mapping[str, int]
    instructions: tuple[Instruction, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As it is kept in `DocumentVersion.report`."""
        return asdict(self)


def parse_report(parsed: ParsedDocument, stored: StoredText, boilerplate: int = 0) -> ParseReport:
    """Return the report on a document of whose text so many blocks are `boilerplate`."""
    instructions = tuple(_instructions(stored))
    left_out = {kind.value.replace("_", " "): count for kind, count in parsed.left_out.items() if count}
    return ParseReport(
        pages=parsed.page_count,
        characters=len(stored.text),
        words=sum(1 for _ in _WORD.finditer(stored.text)),
        tables=sum(1 for block in parsed.blocks if block.kind is BlockKind.TABLE),
        images_without_text=parsed.pictures,
        recognised_pages=parsed.recognised_pages,
        language=language_of(stored.text),
        boilerplate=boilerplate,
        left_out=left_out,
        instructions=instructions,
        warnings=(*parsed.warnings, *_said(parsed, instructions)),
    )


def _instructions(stored: StoredText) -> Iterator[Instruction]:
    starts = [start for _, start in stored.pages]
    for finding in find_instructions(stored.text)[:MOST_INSTRUCTIONS]:
        quote = " ".join(stored.text[finding.start : finding.end].split())[:_QUOTE_CHARACTERS]
        at = bisect_right(starts, finding.start) - 1
        page = stored.pages[at][0] if at >= 0 else None
        yield Instruction(finding.start, finding.end, quote, finding.kind.value, round(finding.score, 2), page)


def _said(parsed: ParsedDocument, instructions: tuple[Instruction, ...]) -> Iterator[str]:
    """The same in sentences."""
    hidden = {kind: count for kind, count in parsed.left_out.items() if count and kind is not LeftOut.COMMENT}
    if hidden:
        yield f"Left out, because no reader sees it: {', '.join(_counted(*item) for item in hidden.items())}."
    if parsed.left_out.get(LeftOut.COMMENT):
        remarks = _counted(LeftOut.COMMENT, parsed.left_out[LeftOut.COMMENT])
        yield f"Left out, because remarks are not the text: {remarks}."
    if parsed.recognised_pages:
        pages = "1 page" if parsed.recognised_pages == 1 else f"{parsed.recognised_pages} pages"
        yield f"Read from pictures by text recognition, with mistakes to be expected: {pages}."
    if instructions:
        places = "1 place reads" if len(instructions) == 1 else f"{len(instructions)} places read"
        yield f"{places} like an order to a language model, for example: \u201c{instructions[0].quote}\u201d."


def _counted(kind: LeftOut, count: int) -> str:
    one, many = _NAMES[kind]
    return f"{count} {one if count == 1 else many}"
