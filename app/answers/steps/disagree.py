"""Whether two statements of different documents contradict each other on what was asked. Pure.

Two cautious rules. Twins: sentences that say the same words but for one name, figure, date or "not". And figures: both
speak of the same thing in much the same words, and give it different amounts of one kind. Sentences about different
years, places or people do not contradict each other. What the rules miss is left to the reader, who sees each
source with its date.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import product

from app.answers.checking.dates import Date, dates_in
from app.answers.checking.names import capitalised_words
from app.answers.checking.polarity import NEGATORS, bound_of
from app.answers.checking.quantities import Quantity, overlaps, quantities_in
from app.answers.checking.words import STOP_WORDS, content_stems, stem

WORD = re.compile(r"[^\W_]+(?:[.,:'’-][^\W_]+)*|[€£$%]")
# Words of the shorter sentence that both have, where they give figures for the same thing.
SHARED_WORDS, FEWEST_SHARED = 0.6, 2
# Words in the same order that twins have in common, and how many words a sentence must have to have a twin.
ALIKE, FEWEST_WORDS = 0.72, 6
FEWEST_PLAIN = 2  # Words that are no names: a list of names states nothing.
LONGEST_SLOT = 5
MOST_FIGURES = 2
OPPOSED_BOUNDS = {frozenset(("most", "least")), frozenset(("most", "more")), frozenset(("least", "less"))}


@dataclass(frozen=True)
class Statement:
    """A sentence of a document, as it is shown."""

    document: int
    text: str

    @cached_property
    def words(self) -> list[str]:
        """In order; a date is one word, however many it is written in."""
        spans = [(date.start, date.end) for date in self.dates]
        loose = [match.span() for match in WORD.finditer(self.text) if not overlaps(match.span(), spans)]
        return [self.text[start:end] for start, end in sorted(spans + loose)]

    @cached_property
    def stems(self) -> frozenset[str]:
        return content_stems(self.text)

    @cached_property
    def dates(self) -> list[Date]:
        return dates_in(self.text)

    @cached_property
    def figures(self) -> list[Quantity]:
        return quantities_in(self.text, [(date.start, date.end) for date in self.dates])

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(stem(name) for name in capitalised_words(self.text))


def contradiction(question: str, ours: Sequence[Statement], others: Sequence[Statement]) -> tuple[int, int] | None:
    """The places of the first statement among `ours` and the one among `others` that differ, or None."""
    asked = content_stems(question)
    for (one, first), (two, second) in product(enumerate(ours), enumerate(others)):
        if first.document == second.document or not first.stems & second.stems & asked:
            continue
        if are_twins_at_odds(first, second, asked) or give_other_figures(first, second, asked):
            return one, two
    return None


def are_twins_at_odds(first: Statement, second: Statement, asked: frozenset[str]) -> bool:
    """Whether the sentences differ in one place alone, and there in something that changes the claim."""
    one, two = ([word.lower() for word in each.words] for each in (first, second))
    plain = {word for word in first.words if word.islower() and word not in STOP_WORDS and not word[0].isdigit()}
    if min(len(one), len(two)) < FEWEST_WORDS or len(plain) < FEWEST_PLAIN:
        return False
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    if matcher.real_quick_ratio() < ALIKE or matcher.ratio() < ALIKE:
        return False
    slots = [(first.words[a:b], second.words[c:d]) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]
    telling = [slot for slot in slots if _tells(*slot)]
    if len(telling) != 1 or sum(max(len(a), len(b)) for a, b in slots) > LONGEST_SLOT + len(slots):
        return False
    return _answers_differently(*telling[0], asked)


def _tells(one: Sequence[str], two: Sequence[str]) -> bool:
    """Whether a difference is more than one of wording."""
    return any(_is_particular(word) for word in [*one, *two]) or _denies(one) != _denies(two)


def _is_particular(word: str) -> bool:
    return any(sign.isdigit() for sign in word) or (word[:1].isupper() and word.lower() not in STOP_WORDS)


def _denies(words: Sequence[str]) -> bool:
    return bool(NEGATORS.search(" ".join(words)))


def _answers_differently(one: Sequence[str], two: Sequence[str], asked: frozenset[str]) -> bool:
    if _denies(one) != _denies(two):
        return True
    if not (_names_alone(one) and _names_alone(two)):
        return False
    if max(len(one), len(two)) > LONGEST_SLOT:
        return False
    if _same_figures(" ".join(one), " ".join(two)):
        return False
    # "Lincoln has 27" and "Groningen has 26" are both right; the question names the one it asks about.
    stems, others = ({stem(word) for word in words if _is_particular(word)} for words in (one, two))
    return not (stems | others) & asked and not stems & others


def _same_figures(one: str, two: str) -> bool:
    """ "2,500" and "2,500.00" are written differently and say the same."""
    figures, others = quantities_in(one), quantities_in(two)
    return (
        bool(figures)
        and len(figures) == len(others)
        and all(a.same_as(b) for a, b in zip(figures, others, strict=True))
    )


def _names_alone(words: Sequence[str]) -> bool:
    """Whether the words are a name or a figure and nothing else."""
    said = [word for word in words if word.lower() not in STOP_WORDS]
    return bool(said) and all(map(_is_particular, said))


def give_other_figures(first: Statement, second: Statement, asked: frozenset[str]) -> bool:
    shared = first.stems & second.stems
    smaller = min(len(first.stems), len(second.stems))
    if (
        len(shared) < FEWEST_SHARED
        or len(shared) < SHARED_WORDS * smaller
        or _are_of_other_things(first, second, asked)
    ):
        return False
    kinds = {each.dimension for each in first.figures} & {each.dimension for each in second.figures} - {""}
    return any(_differ(first, second, kind) for kind in kinds)


def _are_of_other_things(first: Statement, second: Statement, asked: frozenset[str]) -> bool:
    years, others = ({date.year for date in each.dates if date.year} for each in (first, second))
    if years and others and not years & others:
        return True
    names, other_names = first.names - second.stems, second.names - first.stems
    own = (names & asked) or (other_names & asked)
    return bool(own) or bool(names and other_names)


def _differ(first: Statement, second: Statement, kind: str) -> bool:
    own, others = ([each for each in said.figures if each.dimension == kind] for said in (first, second))
    if len(own) > MOST_FIGURES or len(others) > MOST_FIGURES:
        return False
    if any(one.same_as(other) for one in own for other in others):
        return False
    bounds = {
        frozenset((bound_of(first.text, one.start, one.end), bound_of(second.text, other.start, other.end)))
        for one in own
        for other in others
    }
    return not bounds & OPPOSED_BOUNDS
