"""Cuts an answer into the sentences that are checked one by one, each with the markers that stand in or behind it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.answers.checking.quantities import quantities_in
from app.answers.checking.words import content_stems
from app.corpus.sentences import Sentence, split

MARKER = re.compile(r"\[(\d{1,3})\]")
DECORATION = re.compile(r"^(?:#{1,6}\s+|>\s+|\|\s*)+")
TABLE_RULE = re.compile(r"^[ \t]*\|?[ \t:]*-{2,}[ \t:|-]*$", re.M)
RULE = re.compile(r"[\s|:=*_-]*|\(?\d{1,3}[.)]|[a-z][.)]")
# The number of the next item, not the minutes of "6:30.".
LIST_NUMBER = re.compile(r"^\(?\d{1,2}[.)]\s+|(?<=\D:)\s*\d{1,2}[.)]$")
FIGURE_OF_SPEECH = re.compile(
    r"(?:here (?:is|are)\b|i (?:hope|found|can|could|have|apologi[sz]e|am sorry)\b|(?:i'm )?sorry\b|"
    r"(?:(?:yes|no)\W+)?that(?:['’]s| is) (?:correct|right|true|incorrect|wrong)\b.?$|let me\b|please (?:let|"
    r"check|note that i|ask)\b|in summary\b:?$|"
    r"(?:yes|no|sure|certainly|of course|hello|hi|thanks|thank you|you're welcome|in short|note)\b[,.!:]*$|"
    r"if you (?:need|have)\b.*\b(?:ask|let me know)\b|"
    r"(?:see|for details,? see|more (?:details|information))\b.*$|.{0,30}\bfeel free\b)",
    re.I,
)
ABSENCE = re.compile(
    r"\b(?:documents?|passages?|sources?|context|texts?|information|material|excerpts?)\b[^.]{0,40}\b(?:do|"
    r"does|did|is|are)(?:\s+not|n['’]t)\s+"
    r"(?:say|mention|contain|specify|provide|state|give|include|cover|hold|answer|explain|describe|mentioned|"
    r"stated|specified|given|available|"
    r"tell|address|indicate|list|provided|found)|\bno (?:information|mention|details?)\b|\bnot (?:mentioned|"
    r"specified|stated) in\b"
    r"|\b(?:cannot|could not|couldn['’]t|can't) (?:find|answer|tell|determine)\b",
    re.I,
)
FEWEST_WORDS = 2
ABBREVIATED = ("a.m.", "p.m.", "Inc.", "Ltd.", "Co.", "Corp.", "etc.", "U.S.", "U.K.")
LONGEST_TAIL = 2  # In words.


@dataclass(frozen=True, slots=True)
class Claim:
    """`start` to `end` of the answer with the markers behind it; `text` is the sentence without markers.

    `table_header` is the first row of the table it is a row of. `claims` is false of what asserts nothing.
    """

    start: int
    end: int
    text: str
    markers: tuple[int, ...]
    table_header: str = ""
    claims: bool = True

    @property
    def whole(self) -> str:
        return f"{self.table_header}\n{self.text}" if self.table_header else self.text


def claims_of(answer: str) -> list[Claim]:
    """Every sentence of the answer in order, also those that claim nothing."""
    # Markers are blanked out in place, so that they neither begin nor hide the end of a sentence.
    bare = MARKER.sub(lambda marker: " " * len(marker[0]), answer)
    bare = TABLE_RULE.sub(lambda rule: " " * len(rule[0]), bare)
    sentences = _whole(answer, split(bare))
    starts = [each.start for each in sentences]
    found: list[Claim] = []
    for at, sentence in enumerate(sentences):
        following = starts[at + 1] if at + 1 < len(starts) else len(answer)
        end = _with_markers(answer, sentence.end, following)
        start = _from_markers(answer, found[-1].end if found else 0, sentence.start)
        found.append(_claim(answer, bare, sentence, start, end))
    return found


def _claim(answer: str, bare: str, sentence: Sentence, start: int, end: int) -> Claim:
    text = re.sub(r"\s+([.,;:!?])", r"\1", re.sub(r"[ \t]{2,}", " ", bare[start:end])).strip()
    text = LIST_NUMBER.sub("", DECORATION.sub("", text).strip()).strip()
    markers = tuple(dict.fromkeys(int(number) for number in MARKER.findall(answer[start:end])))
    header = MARKER.sub("", sentence.header)
    return Claim(start, end, text, markers, header, asserts(text, heading=_is_heading_line(answer, start, end)))


def asserts(text: str, *, heading: bool = False) -> bool:
    """Whether the sentence claims anything that a source would have to say."""
    plain = text.strip().strip("*_ ")
    if heading or not plain or RULE.fullmatch(plain) or plain.endswith("?"):
        return False
    if quantities_in(plain):
        return True
    if plain.endswith(":") and len(plain) < 160:
        return False
    if ABSENCE.search(plain) or FIGURE_OF_SPEECH.match(plain):
        return False
    return len(content_stems(plain)) >= FEWEST_WORDS


def _whole(answer: str, sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences without cuts behind an abbreviation: "at 9 a.m. UTC." is one."""
    whole: list[Sentence] = []
    for each in sentences:
        if whole and _is_tail(answer, whole[-1], each):
            last = whole.pop()
            whole.append(Sentence(last.start, each.end, answer[last.start : each.end], last.header))
        else:
            whole.append(each)
    return whole


def _is_tail(answer: str, last: Sentence, each: Sentence) -> bool:
    between = answer[last.end : each.start]
    is_short = len(each.text.split()) <= LONGEST_TAIL and not each.header
    return is_short and last.text.endswith(ABBREVIATED) and between.isspace() and "\n" not in between


def _with_markers(answer: str, end: int, following: int) -> int:
    """The end of the sentence with the markers that stand behind it on the same line."""
    tail = re.compile(r"(?:[ \t]*\[\d{1,3}\])+[.!?]?").match(answer, end, following)
    return tail.end() if tail else end


def _from_markers(answer: str, last_end: int, start: int) -> int:
    """Where a line opens with a marker, the sentence begins there."""
    line = answer.rfind("\n", 0, start) + 1
    opening = re.search(r"(?:\[\d{1,3}\][ \t]*)+$", answer[max(line, last_end) : start])
    return max(line, last_end) + opening.start() if opening else start


def _is_heading_line(answer: str, start: int, end: int) -> bool:
    line_start = answer.rfind("\n", 0, start) + 1
    line_end = answer.find("\n", end)
    line = answer[line_start : len(answer) if line_end < 0 else line_end].strip()
    if MARKER.search(line):
        return False
    return bool(re.match(r"#{1,6}\s", line)) or bool(re.fullmatch(r"\*\*[^*]{1,80}\*\*:?", line))


def lines(answer: str) -> Iterator[tuple[int, int]]:
    """Start and end of each line, without its line feed."""
    start = 0
    for line in answer.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1
