"""Answers a question with sentences of the retrieved passages, word for word.

Pure: the encoder and the weights of the question's words are handed in, so no model or database is known
here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.answers.steps.answerability import confidence
from app.answers.steps.lists import with_its_context
from app.corpus.sentences import Sentence, is_heading, split
from retrieval.question_words import kind_asked_for, lexemes_in, share

Encode = Callable[[list[str]], NDArray[np.float32]]

PASSAGES_READ = 8
# Whether there is an answer at all was fitted on the five best.
PASSAGES_JUDGED = 5
MOST_SENTENCES = 3
# Encoding is the slow part. Chosen by their words alone, 8 sentences give the same answers as 24.
MOST_ENCODED = 8

# Chosen on every other answerable question of SQuAD over the five best passages. On the rest the answer is in
# the first sentence for 0.76 and in the first three for 0.89; by cosine alone 0.64 and 0.84, by words alone
# 0.74 and 0.87.
COSINE_WEIGHT = 1.0
WORDS_WEIGHT = 0.8
NEIGHBOURHOOD_WEIGHT = 0.4
PASSAGE_WEIGHT = 1.0
KIND_WEIGHT = 0.2
LENGTH_WEIGHT = 0.1
LONG_SENTENCE = 40


@dataclass(frozen=True, slots=True)
class PassageText:
    """A retrieved passage: text, fused score, cosine with the question, and its title and headings.

    `demotion` is taken off the score when sentences are chosen, as for a stale document; it says nothing about
    whether there is an answer.
    """

    text: str
    score: float
    semantic: float
    heading: str = ""
    demotion: float = 0.0


@dataclass(frozen=True, slots=True)
class ExtractedSentence:
    """`text` is the passage from `start` to `end`, with the table's header row in front where it is a row."""

    passage_index: int
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Extraction:
    """The sentences, best first, and from 0 to 1 how likely the passages hold an answer at all."""

    sentences: list[ExtractedSentence]
    confidence: float


@dataclass(frozen=True, slots=True)
class _Scored:
    passage_index: int
    sentence: Sentence
    score: float


def extract(question: str, passages: Sequence[PassageText], encode: Encode, idf: Mapping[str, float]) -> Extraction:
    """The best sentences of the best passages, given best first. `idf` weighs each lexeme of the question.

    `encode` returns one vector of unit length for each text.
    """
    read = passages[:PASSAGES_READ]
    likely = sorted(_by_words(question, read, idf), key=lambda item: -item.score)[:MOST_ENCODED]
    scored = _with_cosines(question, likely, encode) if likely else []
    chosen = _with_context(question, read, scored[:MOST_SENTENCES])
    return Extraction([_extracted(item) for item in chosen], confidence(passages[:PASSAGES_JUDGED]))


def _with_context(question: str, passages: Sequence[PassageText], chosen: Sequence[_Scored]) -> list[_Scored]:
    """The same sentences; the best one with the list or paragraph that it belongs to, and none of that twice.

    So is the best one that is not demoted, which is shown first.
    """
    foremost = [item for item in chosen if not passages[item.passage_index].demotion][:1]
    whole: list[_Scored] = []
    for item in chosen:
        if any(_holds(each, item) for each in whole):
            continue
        grown = item
        if item is chosen[0] or item in foremost:
            sentence = with_its_context(question, passages[item.passage_index].text, item.sentence)
            grown = _Scored(item.passage_index, sentence, item.score)
        whole = [*(each for each in whole if not _holds(grown, each)), grown]
    return whole


def _holds(one: _Scored, other: _Scored) -> bool:
    return one.passage_index == other.passage_index and (one.sentence.start <= other.sentence.start < one.sentence.end)


def _by_words(question: str, passages: Sequence[PassageText], idf: Mapping[str, float]) -> list[_Scored]:
    """Every sentence with the part of its score that needs no encoder."""
    kind = kind_asked_for(question)
    scored = []
    for index, passage in enumerate(passages):
        sentences = answered(passage.text, split(passage.text))
        found = [lexemes_in(sentence.shown, idf) for sentence in sentences]
        names = passage.heading.split(" > ")
        for place, sentence in enumerate(sentences):
            if is_heading(passage.text, sentence) or sentence.text in names:
                continue  # It helps to find what stands below it, but says nothing by itself.
            around = frozenset[str]().union(*found[max(0, place - 1) : place + 2])
            score = (
                WORDS_WEIGHT * share(found[place], idf)
                + NEIGHBOURHOOD_WEIGHT * share(around, idf)
                + PASSAGE_WEIGHT * (passage.score - passage.demotion)
                + KIND_WEIGHT * (kind is not None and bool(kind.search(sentence.shown)))
                + LENGTH_WEIGHT * min(len(sentence.text.split()), LONG_SENTENCE) / LONG_SENTENCE
            )
            scored.append(_Scored(index, sentence, score))
    return scored


def answered(passage: str, sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences, where a question that the passage itself puts is one with the sentence that answers it.

    By itself such a question looks most like the one that was asked, and says nothing.
    """
    joined: list[Sentence] = []
    for sentence in sentences:
        asked = joined[-1] if joined else None
        if asked and asked.text.endswith("?") and not (asked.header or sentence.header):
            joined[-1] = Sentence(asked.start, sentence.end, passage[asked.start : sentence.end])
        else:
            joined.append(sentence)
    return joined


def _with_cosines(question: str, likely: Sequence[_Scored], encode: Encode) -> list[_Scored]:
    """The same sentences, best first by their whole score."""
    vectors = encode([question, *(item.sentence.shown for item in likely)])
    cosines = vectors[1:] @ vectors[0]
    whole = [
        _Scored(item.passage_index, item.sentence, item.score + COSINE_WEIGHT * float(cosine))
        for item, cosine in zip(likely, cosines, strict=True)
    ]
    return sorted(whole, key=lambda item: -item.score)


def _extracted(item: _Scored) -> ExtractedSentence:
    sentence = item.sentence
    return ExtractedSentence(item.passage_index, sentence.start, sentence.end, sentence.shown, item.score)
