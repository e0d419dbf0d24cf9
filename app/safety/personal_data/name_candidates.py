"""A run of words that may be somebody's name, and the reasons to take it for one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.safety.personal_data.name_clues import (
    AN,
    CAN_I,
    DOES,
    MAY_BE_PEOPLE,
    NOBODY,
    NOT_NAMES,
    SPOKEN_TO,
    SURELY_DOES,
    TAKEN_FOR,
)
from app.safety.personal_data.name_lists import family_names, given_names
from app.safety.personal_data.name_words import (
    Entity,
    Word,
    begins_sentence,
    following,
    in_heading,
    is_family_name,
    is_family_name_somehow,
    is_name,
)


@dataclass(frozen=True)
class Candidate:
    """`first` and the words that would go on from it."""

    text: str
    first: Word
    more: Sequence[Word]
    entities: Sequence[Entity]

    @cached_property
    def last(self) -> Word:
        return self.more[-1] if self.more else self.first

    @cached_property
    def goes_on_with_name(self) -> bool:
        return any(is_name(word.name) for word in self.more)

    @cached_property
    def is_in_heading(self) -> bool:
        return in_heading(self.text, self.first)

    @cached_property
    def begins(self) -> bool:
        """Whether it stands where any word would have a capital."""
        return begins_sentence(self.text, self.first)

    @cached_property
    def entity(self) -> Entity | None:
        """What the model took it for instead, if that was the name alone and not a longer title around it."""
        for each in self.entities:
            if each.start <= self.first.start and self.first.end <= each.end and each.label in MAY_BE_PEOPLE:
                return each if each.start == self.first.start and each.end <= self.last.end else None
        return None

    def is_followed_by(self, pattern: re.Pattern[str]) -> bool:
        return bool(pattern.match(self.text, self.last.end))


def candidate_at(text: str, words: Sequence[Word], at: int, entities: Sequence[Entity]) -> Candidate | None:
    """None where no name can begin."""
    first = words[at]
    if not first.is_word or first.name in NOT_NAMES or first.is_short_code:
        return None
    if not first.is_capital and not _is_pair_in_small_letters(words[at : at + 2]):
        return None
    return Candidate(text, first, following(text, words, at), entities)


def _is_pair_in_small_letters(words: Sequence[Word]) -> bool:
    if len(words) < 2 or min(len(word.name) for word in words) < 5:
        return False
    return words[0].name in given_names().sure and is_family_name_somehow(words[1].name)


def is_somebody(candidate: Candidate) -> bool:
    return any(reason(candidate) for reason in REASONS)


def has_sure_given_name(one: Candidate) -> bool:
    return one.first.name in given_names().sure and (
        not one.is_in_heading or one.goes_on_with_name or not one.more
    )  # fmt: skip


def has_two_names(one: Candidate) -> bool:
    """Two that are names in some list, or an initial and a name."""
    begins = one.first.name in given_names().unsure or is_family_name(one.first.name)
    return one.goes_on_with_name and (begins or (one.first.is_initial and one.first.text.endswith(".")))


def has_middle_initial(one: Candidate) -> bool:
    known = one.first.name in given_names() or one.last.name in family_names()
    return len(one.more) >= 2 and one.more[0].is_initial and known


def is_foreign(one: Candidate) -> bool:
    """Two or three words that the model took for a company or a building, and that are written like a name."""
    if not 1 <= len(one.more) <= 2 or one.is_in_heading or one.entity is None or one.entity.label not in TAKEN_FOR:
        return False
    return is_family_name(one.last.name) or not all(word.text.isascii() for word in (one.first, *one.more))


def does_what_people_do(one: Candidate) -> bool:
    """A listed name that says, works, joins or is spoken to."""
    if len(one.more) > 1 or not (one.first.name in given_names() or one.first.name in family_names()):
        return False
    return one.is_followed_by(DOES) or (one.begins and one.is_followed_by(SPOKEN_TO))


def surely_does_what_people_do(one: Candidate) -> bool:
    """A word of no list at the beginning of a sentence."""
    first = one.first
    if one.more or not one.begins or one.is_in_heading or first.name in NOBODY:
        return False
    is_word = first.is_capital and first.text.isalpha() and len(first.text) > 2
    return is_word and (one.is_followed_by(SURELY_DOES) or one.is_followed_by(CAN_I))


def was_taken_for_something_else(one: Candidate) -> bool:
    """A name that the model marked, though as a company or a place; places are named like people too often."""
    if one.entity is None or not is_name(one.first.name):
        return False
    return is_family_name(one.first.name) or one.entity.label != "GPE"


def stands_alone(one: Candidate) -> bool:
    """One word with a capital in running text: a family name, or a given name without an article before it."""
    if one.more or one.begins or one.is_in_heading:
        return False
    if is_family_name(one.first.name):
        return True
    return one.first.name in given_names().unsure and not _is_marked(one) and _is_new(one.text, one.first)


def _is_marked(one: Candidate) -> bool:
    return any(each.start <= one.first.start < each.end and each.label in MAY_BE_PEOPLE for each in one.entities)


def _is_new(text: str, word: Word) -> bool:
    """Whether neither an article nor another capital stands before it, and no capital or number after it."""
    before = text[max(0, word.start - 30) : word.start]
    word_before = re.search(r"([^\W\d_][\w'’-]*),?[ ]$", before)
    after = re.match(r"[ -]([^\W_])", text[word.end : word.end + 2])
    if AN.search(before[-12:]) or word_before is None or not word_before[1][0].islower():
        return False
    return not (after and (after[1].isupper() or after[1].isdigit()))


REASONS: tuple[Callable[[Candidate], bool], ...] = (
    has_sure_given_name,
    has_two_names,
    has_middle_initial,
    is_foreign,
    does_what_people_do,
    surely_does_what_people_do,
    was_taken_for_something_else,
    stands_alone,
)
