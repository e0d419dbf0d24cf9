"""Finds names of people: what the entity model says, set right by lists of names and by the words around.

Pure: entities in, spans out. The model takes an unusual name for a company or a place; a word that is a name in some
language and a word in none settles it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from app.safety.personal_data.name_candidates import candidate_at, is_somebody
from app.safety.personal_data.name_clues import (
    DOES,
    DOMAIN,
    INTRODUCED,
    KIN,
    NAME_LIKE,
    NOT_NAMES,
    NOT_PEOPLE,
    SPOKEN_TO,
    TITLE,
)
from app.safety.personal_data.name_lists import given_names
from app.safety.personal_data.name_words import (
    MOST_WORDS,
    Entity,
    Word,
    begins_sentence,
    following,
    in_heading,
    is_family_name,
    is_name,
    words_of,
)

Span = tuple[int, int]


def find_people(text: str, entities: Sequence[Entity]) -> list[Span]:
    """Where names of people stand; overlaps are left to the caller."""
    words = words_of(text)
    found = [*_by_model(text, words, entities), *_by_lists(text, words, entities), *_by_words_before(text, words)]
    return [span for span in found if not NOT_PEOPLE.match(text, span[1]) and not DOMAIN.search(text, *span)]


def begins_with_name(sentence: str) -> bool:
    """Whether the first word may be somebody's name: some list has it, or it does as people do."""
    first = next(iter(words_of(sentence)), None)
    if first is None or not first.is_capital or first.name in NOT_NAMES:
        return False
    return is_name(first.name) or bool(DOES.match(sentence, first.end) or SPOKEN_TO.match(sentence, first.end))


def may_name(text: str, start: int, sentence: str) -> bool:
    """Whether `_by_model`, or a reason that asks the model, could believe anything in this sentence of `text`.

    Each wants a word that some list has, or one with a capital outside of headings.
    """
    is_heading: bool | None = None
    for word in words_of(sentence):
        if not word.is_word or word.name in NOT_NAMES:
            continue
        if is_name(word.name) and (word.is_capital or word.name in given_names().sure or is_family_name(word.name)):
            return True
        if word.is_capital and not (word.text.isupper() and word.text.isascii()):
            if is_heading is None:
                is_heading = in_heading(text, Word(start + word.start, start + word.end, word.text))
            if not is_heading:
                return True
    return False


def _by_model(text: str, words: Sequence[Word], entities: Sequence[Entity]) -> Iterator[Span]:
    for entity in entities:
        if entity.label == "PERSON":
            for part in NAME_LIKE.finditer(text, entity.start, entity.end):
                inside = _between(words, part.start(), part.end() + 1)
                if inside and _may_be_name(text, inside):
                    yield inside[0].start, min(part.end(), inside[-1].name_end)


def _between(words: Sequence[Word], start: int, end: int) -> Sequence[Word]:
    first = bisect_left(words, start, key=lambda word: word.start)
    last = first
    while last < len(words) and words[last].end <= end:
        last += 1
    return words[first:last]


def _may_be_name(text: str, inside: Sequence[Word]) -> bool:
    """Whether what the model took for a person could be one. Headings and labels it takes for people all the time."""
    names = [word.name for word in inside if word.is_word]
    if not names or any(name in NOT_NAMES for name in names) or _is_stuck(text, inside[0].start, inside[-1].end):
        return False
    first = inside[0]
    if any(name in given_names().sure or is_family_name(name) for name in names):
        return first.is_capital or inside[-1].is_capital or names[0] in given_names().sure
    if not first.is_capital or all(word.text.isupper() for word in inside) or in_heading(text, first):
        return False
    return len(names) > 1 or not begins_sentence(text, first) or _acts(text, first)


def _acts(text: str, word: Word) -> bool:
    return bool(DOES.match(text, word.end) or SPOKEN_TO.match(text, word.end) or word.text.endswith(("'s", "’s")))


def _is_stuck(text: str, start: int, end: int) -> bool:
    """Whether it is a piece of a longer code such as W-8BEN."""
    return text[max(0, start - 1) : start].isdigit() or text[end : end + 1].isdigit()


def _by_lists(text: str, words: Sequence[Word], entities: Sequence[Entity]) -> Iterator[Span]:
    at = 0
    while at < len(words):
        candidate = candidate_at(text, words, at, entities)
        if candidate is not None and is_somebody(candidate):
            yield candidate.first.start, candidate.last.name_end
            at += len(candidate.more)
        at += 1


def _by_words_before(text: str, words: Sequence[Word]) -> Iterator[Span]:
    """After a title, the name of a field, or somebody's relation."""
    places = {word.start: place for place, word in enumerate(words)}
    for pattern in (TITLE, INTRODUCED, KIN):
        for match in pattern.finditer(text):
            place = places.get(match.end())
            if place is None or words[place].name in NOT_NAMES or not words[place].is_word:
                continue
            run = [words[place], *following(text, words, place)]
            if pattern is TITLE and (run[0].is_capital or is_name(run[0].name)):
                yield match.start(), (run[-1] if run[0].is_capital else run[0]).name_end
            elif run[0].is_capital and (pattern is KIN or (pattern is INTRODUCED and _could_be_name(run))):
                yield run[0].start, run[-1].name_end


def _could_be_name(run: Sequence[Word]) -> bool:
    """After a mere hint: two to four words, or one that some list has."""
    return 2 <= len(run) <= MOST_WORDS or run[0].name in given_names() or is_family_name(run[0].name)
