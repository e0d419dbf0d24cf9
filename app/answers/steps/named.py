"""Whom or what a question names, so that passages which never mention it cannot answer: Japan, the Heron 60. Pure.

Passages on other countries are near to a question about Japan, and those on the Heron 45 to one about the Heron 60. A
name is mentioned also where it is spelled a little otherwise. What only the asker's story names need not be mentioned,
as in "I am in Portugal until May. How do I hand in my hours?"
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from app.answers.checking.dates import MONTHS
from app.answers.checking.designators import NOUNS
from app.answers.checking.names import NO_NAMES, Name, Vocabulary, mentions, names_in
from app.answers.checking.words import STOP_WORDS, words_of
from app.answers.steps.particulars import what_is_asked

TELLS_OF_THE_ASKER = re.compile(r"\b(?:I|I'm|I’m|my|me)\b")
# Words that hardly any other language has: elsewhere other words than names have capitals.
ENGLISH_WORDS = "the of for from is are was were does did do can may what which who when where how why our"
ENGLISH = frozenset(ENGLISH_WORDS.split())
POSSESSIVE = re.compile(r"['’]s?$")
# An abbreviation is often spelled out in the documents, so its absence says nothing.
LONGEST_ABBREVIATION = 6
ALIKE = 0.8

JOINT = r"(?:, ?| and | or | ?/ ?| ?[–-] ?| to )"
NUMBER = r"\d{1,4}(?![\w%°]|[.,:]\d)"
NUMBERED = re.compile(
    rf"(?<![\w-])(?P<name>[A-Z][A-Za-z]+) (?P<ones>{NUMBER}(?:{JOINT}{NUMBER})*)(?! ?(?:{'|'.join(MONTHS)}))"
)
RANGE = re.compile(r"(\d+) ?(?:[–-]|to) ?(\d+)")
YEAR = re.compile(r"(?:19|20)\d\d")
# These are told apart by numbers too, but texts name whole runs of them: "from grade 9".
NO_MODELS = NO_NAMES | STOP_WORDS | frozenset(NOUNS.split()) | {f"{noun}s" for noun in NOUNS.split()}


def names_a_stranger(question: str, passages: Sequence[str]) -> bool:
    """Whether the question is about something that it names and that none of the passages mentions."""
    return bool(unmentioned(question, passages)) or any(_unknown_models(question, passages))


def unmentioned(question: str, passages: Iterable[str]) -> list[str]:
    """The names in what is asked that no passage has, however it spells them."""
    asked = what_is_asked(question)
    if TELLS_OF_THE_ASKER.search(asked) or not ENGLISH.intersection(words_of(asked.lower())):
        return []
    names = [name for name in names_in(asked) if not name.is_code and not _is_abbreviation(name)]
    if not names:
        return []
    vocabulary = Vocabulary.of("\n".join(passages))
    return [name.said for name in names if not _is_known(name, vocabulary)]


def _is_abbreviation(name: Name) -> bool:
    return all(len(part) <= LONGEST_ABBREVIATION and part.isupper() for part in name.said.split())


def _is_known(name: Name, vocabulary: Vocabulary) -> bool:
    """Whether any part of the name is there: of "Toghun Temur" a text may use one alone."""
    parts = [POSSESSIVE.sub("", part) for part in name.parts]
    return (
        mentions(vocabulary, name)
        or any(vocabulary.has(part) for part in parts)
        or any(get_close_matches(part.lower(), vocabulary.words, n=1, cutoff=ALIKE) for part in parts)
    )


def _unknown_models(question: str, passages: Sequence[str]) -> Iterator[str]:
    """Models that the question names, where the passages have others of the same name and never this one."""
    known: dict[str, set[int]] = {}
    for match in NUMBERED.finditer("\n".join(passages)):
        if match["name"].lower() not in NO_MODELS:
            known.setdefault(match["name"].lower(), set()).update(_ones(match["ones"]))
    for name, ones in known.items():
        for match in re.finditer(rf"(?<![\w-]){re.escape(name)}s? (?P<one>{NUMBER})", question, re.I):
            if ones and int(match["one"]) not in ones and not YEAR.fullmatch(match["one"]):
                yield match[0]


def _ones(written: str) -> Iterator[int]:
    """ "20, 45 and 90", or all of "20 to 90"."""
    yield from (int(one) for one in re.findall(r"\d+", written) if not YEAR.fullmatch(one))
    for first, last in RANGE.findall(written):
        yield from range(int(first), int(last))
