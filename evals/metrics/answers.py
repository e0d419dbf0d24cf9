"""How good answers are: their outcome, what they say, and whether what they cite is what should be cited.

What is said is compared in two ways: facts with their spellings (`evals.metrics.facts`), and SQuAD's comparison of
short answers.
"""

import re
import string
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from evals.metrics.confusion import Confusion
from evals.metrics.facts import words

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)
# The share of the shorter text's words, in one row, that make a quote and a passage the same place.
SAME_PLACE = 0.5
SUPPORTED, NO_CLAIM = "supported", "no_claim"


@dataclass(frozen=True, slots=True)
class EndedAs:
    """How an answer should have ended and did; `accepted` are other outcomes that are right as well."""

    expected: str
    got: str
    accepted: frozenset[str] = frozenset()

    def is_right(self) -> bool:
        return self.got == self.expected or self.got in self.accepted


def outcome_accuracy(answers: Collection[EndedAs]) -> float | None:
    """The share that ended as it should, or as was accepted; None for no answers."""
    return sum(each.is_right() for each in answers) / len(answers) if answers else None


def outcome_confusion(answers: Iterable[EndedAs], outcomes: Sequence[str] = ()) -> Confusion:
    """Expected against got. An accepted outcome counts as the expected one, so that the diagonal is the accuracy."""
    return Confusion.of(((each.expected, each.expected if each.is_right() else each.got) for each in answers), outcomes)


@dataclass(frozen=True, slots=True)
class Cited:
    """Words of a document: a gold quote, or the passage or quote that an answer cites."""

    document: str
    text: str


def is_same_place(one: Cited, other: Cited) -> bool:
    """The same document, and at least half of the words of the shorter text stand in the other in one row.

    So a sentence inside a gold paragraph is the same place, and so is a gold quote that a passage boundary cuts.
    """
    if one.document != other.document:
        return False
    left, right = words(one.text), words(other.text)
    shorter = min(len(left), len(right))
    # Without autojunk, which would leave out the commonest words of a long passage.
    longest = SequenceMatcher(None, left, right, autojunk=False).find_longest_match()
    return shorter > 0 and longest.size >= SAME_PLACE * shorter


def citation_precision(cited: Sequence[Cited], gold: Sequence[Cited]) -> float | None:
    """The share of the citations that are at the place of a gold passage; None where nothing is cited."""
    return _share([any(is_same_place(each, one) for one in gold) for each in cited])


def citation_recall(cited: Sequence[Cited], gold: Sequence[Cited]) -> float | None:
    """The share of the gold passages that are cited; None where there are none."""
    return _share([any(is_same_place(each, one) for one in cited) for each in gold])


def sentence_support(verdicts: Iterable[str]) -> float | None:
    """The share of the sentences that claim something and are "supported" by what they cite; None where none claims.

    The verdicts are those of the check of answers: weak, unsupported and uncited sentences are not supported.
    """
    return _share([verdict == SUPPORTED for verdict in verdicts if verdict != NO_CLAIM])


def normalise_answer(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces: the normalisation of SQuAD's own scorer."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def contains_answer(text: str, answers: Iterable[str]) -> bool:
    """Whether any of the accepted answers occurs in the text as whole words, after SQuAD's normalisation."""
    padded = f" {normalise_answer(text)} "
    normalised = (normalise_answer(answer) for answer in answers)
    return any(f" {answer} " in padded for answer in normalised if answer)


def exact_match(predicted: str, answers: Iterable[str]) -> bool:
    """Whether the prediction equals any accepted answer after SQuAD's normalisation."""
    return normalise_answer(predicted) in {normalise_answer(answer) for answer in answers}


def token_f1(predicted: str, reference: str) -> float:
    """2·shared / (predicted + reference) over the bags of normalised words; two empty texts agree fully.

    SQuAD's F1 (Rajpurkar et al. 2016, section 6.1), as its scorer for version 2.0 has it.
    """
    left, right = normalise_answer(predicted).split(), normalise_answer(reference).split()
    if not left or not right:
        return float(left == right)
    shared = sum((Counter(left) & Counter(right)).values())
    return 2 * shared / (len(left) + len(right))


def best_token_f1(predicted: str, references: Collection[str]) -> float | None:
    """The highest F1 over the references, as SQuAD does; None without any."""
    return max((token_f1(predicted, reference) for reference in references), default=None)


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None
