"""Judges whether retrieved passages hold an answer to a question at all, before anything is written.

A logistic regression over what search already knows: how near the passages are in meaning and how much of the
question's weight their words carry.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from app.answers.steps.question_words import lexemes_in, share
from app.answers.steps.sentences import split

THRESHOLD = 0.5
NEAREST = 3

INTERCEPT = -8.0
WEIGHTS = {"nearest": 8.0, "near": 3.0, "sentence": 2.0, "passage": 3.0, "all": 2.0}


class Evidence(Protocol):
    """A retrieved passage as far as this judgement needs it."""

    @property
    def text(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def semantic(self) -> float: ...


def carries_answer(passages: Sequence[Evidence], idf: Mapping[str, float]) -> bool:
    """Whether an answer should be attempted."""
    return confidence(passages, idf) >= THRESHOLD


def confidence(passages: Sequence[Evidence], idf: Mapping[str, float]) -> float:
    """From 0 to 1, how likely the passages hold an answer. `idf` weighs each lexeme of the question."""
    if not passages:
        return 0.0
    seen = features(passages, idf)
    return 1 / (1 + math.exp(-INTERCEPT - sum(WEIGHTS[name] * value for name, value in seen.items())))


def features(passages: Sequence[Evidence], idf: Mapping[str, float]) -> dict[str, float]:
    """What the judgement rests on, each roughly from 0 to 1."""
    cosines = sorted((passage.semantic for passage in passages), reverse=True)
    found = [lexemes_in(f"{passage.heading}\n{passage.text}", idf) for passage in passages]
    sentences = [lexemes_in(sentence.shown, idf) for passage in passages for sentence in split(passage.text)]
    return {
        "nearest": cosines[0],
        "near": sum(cosines[:NEAREST]) / len(cosines[:NEAREST]),
        "sentence": max((share(words, idf) for words in sentences), default=0.0),
        "passage": max(share(words, idf) for words in found),
        "all": share(frozenset[str]().union(*found), idf),
    }
