"""Judges whether retrieved passages hold an answer to a question at all, before anything is written.

A logistic regression over what search already knows: how near the best passage is in meaning, and how much
of the question's weight one sentence and one passage carry in their words. It tells another topic from this
one; it cannot tell a passage on the topic that answers from one that does not.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from app.corpus.sentences import split
from retrieval.question_words import lexemes_in, share

# Fitted by a script that is not part of the project (docs/performance.md) on half of the questions of SQuAD 2, of
# company handbooks and of CLAP NQ, with all-MiniLM-L6-v2:
# answerable ones, against questions put to another corpus or asked with the document that answers them taken
# away. Shares of the other half that are attempted, by threshold:
#                                              0.2    0.3    0.4    0.5    0.6
#   answerable, SQuAD paragraphs              0.96   0.92   0.90   0.87   0.79
#   answerable, handbook pages                0.99   0.98   0.96   0.90   0.83
#   answerable, CLAP NQ                       1.00   1.00   0.96   0.90   0.83
#   put to a corpus on something else         0.04   0.03   0.02   0.01   0.01
#   SQuAD, the answering article taken away   0.03   0.02   0.02   0.01   0.01
#   SQuAD, only its paragraph taken away      0.66   0.52   0.43   0.33   0.28
#   SQuAD, near miss without an answer        0.87   0.78   0.70   0.62   0.52
#   CLAP NQ, passage there but no answer      0.72   0.54   0.44   0.33   0.32
INTERCEPT = -7.1
WEIGHTS = {"nearest": 8.0, "sentence": 2.6, "passage": 2.65}
THRESHOLD = 0.3
# Below this an answer is attempted, but the evidence is weak.
FIRM = 0.5


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
    """What the judgement rests on, each from 0 to 1; `passages` are the five best."""
    sentences = (sentence.shown for passage in passages for sentence in split(passage.text))
    return {
        "nearest": max(passage.semantic for passage in passages),
        "sentence": max((share(lexemes_in(sentence, idf), idf) for sentence in sentences), default=0.0),
        "passage": max(share(lexemes_in(f"{item.heading}\n{item.text}", idf), idf) for item in passages),
    }
