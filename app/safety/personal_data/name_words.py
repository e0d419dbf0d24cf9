"""A text as words, and which of them could be one name: the first word and those that go on from it."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.safety.personal_data.name_clues import ENDING, JOINS, NOT_NAMES
from app.safety.personal_data.name_lists import family_names, given_names, plain

MOST_WORDS = 4
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?|\S")
_OWNING = ("'s", "’s")


@dataclass(frozen=True, slots=True)
class Entity:
    """What the model made of `text[start:end]`; its labels are OntoNotes'."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Word:
    """`text` may end with a dot, which may be that of the sentence."""

    start: int
    end: int
    text: str

    @property
    def name(self) -> str:
        """As the lists have it."""
        return _name_of(self.text)

    @property
    def name_end(self) -> int:
        """Where the name in it ends: before the dot, unless it is an initial's, and before "'s"."""
        end = self.end - (self.text.endswith(".") and len(self.text) > 2)
        return end - (2 if self.text.endswith(_OWNING) else 0)

    @property
    def is_word(self) -> bool:
        return self.text[0].isalpha()

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def is_initial(self) -> bool:
        return self.is_capital and len(self.text.removesuffix(".")) == 1

    @property
    def is_short_code(self) -> bool:
        return self.text.isupper() and 1 < len(self.text) <= 3 and not self.is_initial


@functools.lru_cache(maxsize=50_000)
def _name_of(word: str) -> str:
    return plain(word.removesuffix(".").removesuffix("'s").removesuffix("’s"))


def words_of(text: str) -> list[Word]:
    return [Word(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]


def is_name(name: str) -> bool:
    """Whether it may be a name, of whatever kind and however unsure."""
    return name in given_names() or name in family_names() or is_family_name(name)


def is_family_name(name: str) -> bool:
    """Whether some list has it as nothing else, or it ends as only family names do."""
    return name in family_names().sure or (len(name) > 5 and bool(ENDING.search(name)))


def begins_sentence(text: str, word: Word) -> bool:
    before = text[max(0, word.start - 12) : word.start].rstrip(" \t\"'“‘*_>#-•(")
    return not before or before[-1] in ".!?:\n|"


def in_heading(text: str, word: Word) -> bool:
    """Whether most words of its line have a capital, or the line is marked as a heading."""
    start = text.rfind("\n", 0, word.start) + 1
    stop = text.find("\n", word.end)
    shown = text[start : stop if stop >= 0 else len(text)]
    if shown.lstrip().startswith("#"):
        return True
    line = re.findall(r"[^\W\d_]{2,}", shown)
    return len(line) > 3 and sum(each[0].isupper() for each in line) > 0.7 * len(line)


def following(text: str, words: Sequence[Word], at: int) -> list[Word]:
    """The words that belong to a name which begins at `at`: capitals, initials, and joins between them."""
    taken: list[Word] = []
    held: list[Word] = []
    before = words[at]
    for word in words[at + 1 : at + 1 + MOST_WORDS]:
        if not _are_together(text, before, word) or not word.is_word or word.name in NOT_NAMES:
            break
        if words[at].is_capital and word.text in JOINS:
            held.append(word)
        elif word.is_capital or (not words[at].is_capital and is_family_name_somehow(word.name)):
            taken += [*held, word]
            held = []
        else:
            break
        before = word
    return taken


def is_family_name_somehow(name: str) -> bool:
    return name in family_names() or is_family_name(name)


def _are_together(text: str, before: Word, word: Word) -> bool:
    """Whether only a space or a hyphen parts them, and no sentence ends between them."""
    ends = before.text.endswith(".") and len(before.text) > 3
    return text[before.end : word.start] in {" ", "  ", "-"} and not ends
