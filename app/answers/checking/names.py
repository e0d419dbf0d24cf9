"""The names and codes a text mentions: "Petra Vandenhoek", "FennLink", "FG-203", an address, a host."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from app.answers.checking.dates import MONTHS
from app.answers.checking.quantities import MONEY, SCALES, TENS, UNITS_OF_ONE, Span, overlaps
from app.answers.checking.words import STOP_WORDS, stem, words_of

ADDRESS = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+[\w/]|\b[\w-]+(?:\.[\w-]+)*\.(?:[a-z]{2,10})(?:/\S*)?\b(?=[\s.,;)]|$)",
)
CODE = re.compile(
    r"\b\d+(?:\.\d+){2,}\b|\b(?=[\w./-]*[A-Za-z])(?=[\w./-]*\d)[A-Za-z0-9]+(?:[-/_.]?[A-Za-z0-9]+)*\b",
)
# Digits in groups, as telephone and card numbers are written: one thing, not several numbers.
PHONE = re.compile(r"(?<![\w.,])\+?\(?\d{1,5}\)?(?:[ -]\(?\d{2,5}\)?){2,}(?![\w%]|[.,]\d)")
# "25th", "30kg", "45p": numbers with their units.
NUMBER_WITH_UNIT = re.compile(r"[\d.,]+(?:st|nd|rd|th|s|am|pm|[a-zµ]{1,4}(?:/[a-z]+)?)", re.I)
CAPITAL = re.compile(r"(?<![\w’'])[^\W\d_a-zß-ÿ][\w]*(?:[-’'][^\W\d_]\w*)*")
LINK = re.compile(
    r"\s+(?:of|the|de|van|von|der|den|&|and|di|da)\s+(?=[^\W\d_a-zß-ÿ])|[ \t]+(?=[^\W\d_a-zß-ÿ])",
)
FULL_NAME = re.compile(r"[^\W\d_a-zß-ÿ][\w’'-]*\.?(?:\s(?:van|von|de|der|den|di|da)\b)*(?:\s[^\W\d_a-zß-ÿ][\w’'-]+)+")
OPENING = re.compile(r"(?:^|[.!?:;•|]|\n|^[-*])[\s\"'“‘(*_-]*$")
IN_CELL = re.compile(r"\|\s*$")
WEEKDAYS = """
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
"""
OTHER_CAPITALS = """
    i ok no yes note please mr mrs ms dr prof company firm utc gmt c f q1 q2 q3 q4 ltd inc gmbh
"""
NO_NAMES = (
    STOP_WORDS
    | frozenset(MONTHS)
    | frozenset(month[:3] for month in MONTHS)
    | frozenset(MONEY)
    | frozenset([*UNITS_OF_ONE, *TENS, *SCALES])
    | frozenset(WEEKDAYS.split())
    | frozenset(OTHER_CAPITALS.split())
)
JOINT = re.compile(r"[^\w]|_")


@dataclass(frozen=True, slots=True)
class Name:
    """`said` is text[start:end]; `parts` are the words of it that a passage must have, in small letters."""

    start: int
    end: int
    said: str
    parts: tuple[str, ...]
    is_code: bool = False


def names_in(text: str, known: Collection[str] = (), taken: tuple[Span, ...] = ()) -> list[Name]:
    """All names in order. The first word of a sentence has a capital anyway: it is one if it is among `known`.

    `taken` are spans, such as those of dates and amounts, that are something else.
    """
    found = [_code(match) for match in ADDRESS.finditer(text) if "." in match[0]]
    found += [_code(match) for match in PHONE.finditer(text)]
    spans = [(each.start, each.end) for each in found]
    for match in CODE.finditer(text):
        if not overlaps(match.span(), [*spans, *taken]) and not NUMBER_WITH_UNIT.fullmatch(match[0]):
            found.append(_code(match))
            spans.append(match.span())
    for start, end in _capital_runs(text):
        if overlaps((start, end), [*spans, *taken]):
            continue
        if parts := _parts(text, start, end, known):
            found.append(Name(start, end, text[start:end], parts))
    return sorted(found, key=lambda name: name.start)


def capitalised_words(text: str) -> frozenset[str]:
    """The words that have a capital where nothing but a name has one, in small letters."""
    lower = {word for word in words_of(text) if word.islower()}
    found = set()
    for match in CAPITAL.finditer(text):
        before = text[: match.start()]
        is_sure = not OPENING.search(before) or IN_CELL.search(before)
        if is_sure and match[0].lower() not in NO_NAMES | lower:
            found.add(match[0].lower())
    return frozenset(found)


def people_in(text: str) -> list[str]:
    """What may be somebody's full name: two words or more with a capital, side by side."""
    found = []
    for match in FULL_NAME.finditer(text):
        words = match[0].split()
        while words and words[0].lower().rstrip(".") in NO_NAMES:
            words = words[1:]
        if len(words) > 1:
            found.append(" ".join(words))
    return found


def phones_in(text: str) -> list[Span]:
    return [match.span() for match in PHONE.finditer(text)]


def mentions(vocabulary: "Vocabulary", name: Name) -> bool:
    """Whether every part of the name stands in the text of the vocabulary, a code however its parts are joined."""
    if name.is_code:
        return any(joined(part) in vocabulary.joined for part in name.parts)
    if all(vocabulary.has(part) for part in name.parts):
        return True
    initials = "".join(part[0] for part in name.parts).lower()
    return len(initials) > 1 and initials in vocabulary.words


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a text for looking names up."""

    words: frozenset[str]
    stems: frozenset[str]
    joined: str
    initials: str

    @classmethod
    def of(cls, text: str) -> "Vocabulary":
        words = [word.lower() for word in words_of(text)]
        pieces = {piece for word in words for piece in re.split(r"['’]", word)}
        return cls(
            frozenset(words) | pieces,
            frozenset(stem(word) for word in words),
            joined(text),
            "".join(word[0] for word in words),
        )

    def has(self, part: str) -> bool:
        if part in self.words or stem(part) in self.stems:
            return True
        # "HR" where the passage has "Human Resources".
        return part.isalpha() and 2 <= len(part) <= 5 and part.isupper() and part.lower() in self.initials


def joined(text: str) -> str:
    return JOINT.sub("", text.lower())


def _code(match: re.Match[str]) -> Name:
    return Name(match.start(), match.end(), match[0], (match[0].lower(),), is_code=True)


def _capital_runs(text: str) -> list[Span]:
    """Words with a capital that stand together, also across "of" and "van"."""
    runs: list[Span] = []
    for match in CAPITAL.finditer(text):
        if runs and LINK.fullmatch(text, runs[-1][1], match.start()):
            runs[-1] = (runs[-1][0], match.end())
        else:
            runs.append(match.span())
    return runs


def _parts(text: str, start: int, end: int, known: Collection[str]) -> tuple[str, ...]:
    parts: list[str] = []
    for match in CAPITAL.finditer(text, start, end):
        for word in re.split(r"[-’']", match[0]):
            opens = bool(OPENING.search(text[: match.start()])) and word[1:] == word[1:].lower()
            if len(word) < 2 or word.lower() in NO_NAMES or (opens and word.lower() not in known):
                continue
            parts.append(word if word.isupper() and len(word) <= 5 else word.lower())
    return tuple(parts)
