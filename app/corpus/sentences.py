"""Cuts a passage into sentences that keep their exact place in it: prose, list items and rows of tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

# Abbreviations that do not end a sentence though a capital letter or a number follows.
TITLES = "mr mrs ms dr prof sr jr st rev gen col lt sgt capt gov sen rep hon pres ph.d"
FIRMS = "inc ltd corp co dept dist est"
REFERENCES = "no nos fig figs sec eq vol pp p ed eds cf al e.g i.e etc ca c approx vs"
CALENDAR = "jan feb mar apr jun jul aug sep sept oct nov dec a.m p.m"
PLACES = "mt ft u.s u.k"
ABBREVIATIONS = frozenset(f"{TITLES} {FIRMS} {REFERENCES} {CALENDAR} {PLACES}".split())
# These end a sentence as often as not: they do when a capital letter follows.
MAY_END = frozenset({"etc", "inc", "ltd", "corp", "co", "al", "u.s", "u.k", "a.m", "p.m", "ph.d", "jr", "sr"})

STOP = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)")
OPENS = re.compile(r"\s+[\"'“‘(\[]*([A-Z0-9À-ÖØ-Þ]|[^\W\d_a-zß-ÿ])")
BULLET = re.compile(r"(?:[-*•–·]|\d{1,3}[.)]|[a-z][.)])\s+")
LAST_WORD = re.compile(r"([\w.]*\w)\.+$")
CELL = " | "
BULLETS = frozenset("-*•–·")
SENTENCE_ENDS = '.!?:;…"”'
LONGEST_HEADING = 12  # In words.


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` is the passage from `start` to `end`; `header` is the first row of the table it is a row of."""

    start: int
    end: int
    text: str
    header: str = ""

    @property
    def shown(self) -> str:
        """The sentence as a reader needs it: a row of a table says nothing without its header."""
        return f"{self.header}\n{self.text}" if self.header else self.text


def is_heading(passage: str, sentence: Sentence) -> bool:
    """Whether the sentence is a line of its own that only names what follows: short and without an end.

    Such lines below one another name nothing: they are the points of a slide, and only a first one is their heading.
    """
    if sentence.header or not _is_short_line(passage, sentence.start, sentence.end):
        return False
    above, below = _line_above(passage, sentence.start), _line_below(passage, sentence.end)
    if below is None:
        return False
    is_point = above is not None and (
        _is_short_line(passage, *below) or (above[0] > 0 and _is_short_line(passage, *above))
    )
    return not is_point


def _is_short_line(passage: str, start: int, end: int) -> bool:
    """Whether it stands between blank lines, with few words and no end, and is no item of a list."""
    line = passage.rfind("\n", 0, start) + 1
    return (
        passage[:line][-2:] in ("", "\n\n")
        and passage[end : end + 2] in ("", "\n\n")
        and passage[line:end].lstrip()[:1] not in BULLETS
        and passage[end - 1] not in SENTENCE_ENDS
        and CELL not in passage[start:end]
        and len(passage[start:end].split()) <= LONGEST_HEADING
    )


def _line_above(passage: str, start: int) -> tuple[int, int] | None:
    """The nearest line with words above the one that `start` stands in."""
    end = len(passage[: passage.rfind("\n", 0, start) + 1].rstrip())
    return (passage.rfind("\n", 0, end) + 1, end) if end else None


def _line_below(passage: str, end: int) -> tuple[int, int] | None:
    line = re.search(r"\S[^\n]*", passage[end:])
    return (end + line.start(), end + len(passage[end : end + line.end()].rstrip())) if line else None


def split(passage: str) -> list[Sentence]:
    """All sentences of a passage in order, without empty ones and without list bullets."""
    found: list[Sentence] = []
    paragraphs = list(_paragraphs(passage))
    for is_table, spans in groupby(paragraphs, key=lambda span: CELL in passage[slice(*span)]):
        if is_table:
            found.extend(_rows(passage, list(spans)))
        else:
            found.extend(sentence for span in spans for sentence in _prose(passage, *span))
    return found


def _rows(passage: str, spans: list[tuple[int, int]]) -> Iterator[Sentence]:
    """The header row states nothing by itself, so it is only carried by the rows below it, if there are
    any.
    """
    header, *rows = spans
    for start, end in rows:
        yield Sentence(start, end, passage[start:end], passage[slice(*header)])
    if not rows:
        yield Sentence(*header, passage[slice(*header)])


def _prose(passage: str, start: int, end: int) -> Iterator[Sentence]:
    if bullet := BULLET.match(passage, start, end):
        start = bullet.end()
    for stop in STOP.finditer(passage, start, end):
        if _ends_sentence(passage, start, stop):
            yield Sentence(start, stop.end(), passage[start : stop.end()])
            start = _skip_space(passage, stop.end(), end)
    if start < end:
        yield Sentence(start, end, passage[start:end])


def _ends_sentence(passage: str, start: int, stop: re.Match[str]) -> bool:
    opening = OPENS.match(passage, stop.end())
    if opening is None:
        return False
    word = LAST_WORD.search(passage, start, stop.end())
    if word is None or not stop[0].startswith("."):
        return True
    last = word[1].lower()
    if len(last) == 1 and word[1].isupper():
        return False
    return last not in ABBREVIATIONS or (last in MAY_END and opening[1].isalpha())


def _paragraphs(passage: str) -> Iterator[tuple[int, int]]:
    """Spans of lines; a line broken in mid-sentence is joined to the next."""
    current: tuple[int, int] | None = None
    for line in re.finditer(r"[^\n]*\S[^\n]*", passage):
        start, end = _skip_space(passage, line.start(), line.end()), _trimmed(passage, line.end())
        if current is not None and _continues(passage, current[1], start):
            current = current[0], end
            continue
        if current is not None:
            yield current
        current = start, end
    if current is not None:
        yield current


def _continues(passage: str, last_end: int, start: int) -> bool:
    """Hard-wrapped prose goes on in lower case on the very next line, and no bullet or table stands there."""
    if passage.count("\n", last_end, start) > 1 or CELL in passage[start:].split("\n", 1)[0]:
        return False
    return passage[start].islower() and not BULLET.match(passage, start) and passage[last_end - 1] not in ".!?:"


def _skip_space(passage: str, start: int, end: int) -> int:
    while start < end and passage[start].isspace():
        start += 1
    return start


def _trimmed(passage: str, end: int) -> int:
    while end and passage[end - 1].isspace():
        end -= 1
    return end
