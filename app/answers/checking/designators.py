"""What is told apart by a letter or a number: "car park B", "zone 3", "grades 6 to 8", "day two", "the second floor".

Two of them have a word in common, so words say nothing of which one is meant.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.answers.checking.quantities import MEASURES, MONEY, UNITS_OF_ONE, Span, value_of_words

if TYPE_CHECKING:
    from app.answers.checking.source import Source, Stated

NOUNS = (
    "annex appendix article band bay block building category chapter class clause day dock floor gate grade hall level "
    "lift line lock paragraph park phase platform point priority room section stage step tier week zone"
)
NUMBER_WORDS = "|".join(list(UNITS_OF_ONE)[1:13])
ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7",
            "eighth": "8", "ninth": "9", "tenth": "10"}  # fmt: skip
NOUN = rf"(?P<noun>{'|'.join(NOUNS.split())})"
ONE = rf"(?:[A-HJ-Z](?![\w’'-])|\d{{1,3}}(?:\.\d{{1,3}})?(?![\w%]|[.,:]\d)|(?:{NUMBER_WORDS})\b)"
NAMED = re.compile(rf"\b(?i:{NOUN}e?s?)\s+(?P<ones>{ONE}(?:\s?(?:,|–|-|\band\b|\bor\b|\bto\b)\s?{ONE})*)")
ORDINAL = re.compile(rf"\b(?P<one>{'|'.join(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))\s+{NOUN}\b", re.I)
RANGE = re.compile(r"(\d+)\s?(?:–|-|to)\s?(\d+)")
LONGEST_RANGE = 50


@dataclass(frozen=True, slots=True)
class Designator:
    """text[start:end]: the noun in small letters, and each of what it is told apart by."""

    noun: str
    ones: frozenset[str]
    start: int
    end: int
    said: str

    @property
    def words(self) -> frozenset[str]:
        """As words that can be compared like others."""
        return frozenset(f"{self.noun} {one}" for one in self.ones)

    def is_among(self, others: Sequence["Designator"]) -> bool:
        return any(self.noun == other.noun and self.ones & other.ones for other in others)

    def has_rivals(self, others: Sequence["Designator"]) -> bool:
        return any(self.noun == other.noun for other in others) and not self.is_among(others)


def designators_in(text: str) -> list[Designator]:
    found = [_named(match) for match in NAMED.finditer(text) if not _is_an_amount(text, match)]
    found += [_ordinal(match) for match in ORDINAL.finditer(text)]
    return sorted(found, key=lambda each: each.start)


def of_the_designated(
    said: Sequence[Designator], about: Sequence["Stated"], sources: Sequence["Source"]
) -> list["Stated"]:
    """Of the sentences about a claim those that do not speak of another zone, where some speak of the claim's own."""
    left = list(about)
    for one in said:
        own = [each for source in sources for each in source.stated if one.is_among(each.designators)]
        if own:
            left = [each for each in left if not one.has_rivals(each.designators)]
            left += [each for each in own if each not in left]
    return left


def strangers(said: Sequence[Designator], run: Sequence["Stated"], sources: Sequence["Source"]) -> Iterator[Designator]:
    """Those that the sentences which say what the claim says do not name, while they name others of the kind."""
    near = [found for each in run for found in each.designators]
    heading = [found for source in sources for found in designators_in(source.heading)]
    yield from (one for one in said if one.has_rivals(near) and not one.is_among(heading))


def spans(said: Sequence[Designator]) -> list[Span]:
    return [(each.start, each.end) for each in said]


def _named(match: re.Match[str]) -> Designator:
    ones = {_plain(each) for each in re.findall(ONE, match["ones"])}
    for start, end in RANGE.findall(match["ones"]):
        if int(start) < int(end) <= int(start) + LONGEST_RANGE:
            ones |= {str(number) for number in range(int(start), int(end) + 1)}
    return Designator(match["noun"].lower(), frozenset(ones), *match.span(), match[0])


def _ordinal(match: re.Match[str]) -> Designator:
    one = ORDINALS.get(match["one"].lower()) or match["one"][:-2]
    return Designator(match["noun"].lower(), frozenset([one]), *match.span(), match[0])


def _plain(one: str) -> str:
    lower = one.lower()
    return str(int(value_of_words(lower))) if lower in UNITS_OF_ONE else lower


def _is_an_amount(text: str, match: re.Match[str]) -> bool:
    """ "On that day 3 hours were lost": the number has a unit of its own."""
    after = re.match(r"\s?([€£$%]|[A-Za-z]+)", text[match.end() :])
    return after is not None and after[1].lower() in {**MEASURES, **MONEY}
