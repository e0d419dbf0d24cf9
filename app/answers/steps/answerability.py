"""Judges whether retrieved passages hold an answer to a question at all, before anything is written.

A logistic regression over what search already knows: how near the best passage is in meaning, and how it scored all in
all (its nearest sentence, its words, how they stand together). It tells another topic from this one, and often a
passage beside the matter; it cannot tell a passage on the matter that answers from one that does not.
"""

import math
from collections.abc import Sequence
from typing import Protocol

# Made by `manage.py calibrate --dataset squad2 --dataset clapnq --dataset mtrag` with all-MiniLM-L6-v2. It prints this
# table for both halves; these are the shares attempted of the half held out, by threshold. How many of the question's
# words one sentence says was fitted too, came out at -0.12 beside these two and was left out. What did not help on near
# misses either: whether the sentence has the kind of answer asked for, names, figures or rare words of the question
# that the passage lacks, the margin to the second passage, negations.
#                                              0.2    0.25   0.3    0.4    0.5
#   answerable, SQuAD paragraphs              0.99   0.97   0.97   0.96   0.95   (half fitted on: 0.90 at 0.3)
#   answerable, CLAP NQ                       1.00   1.00   1.00   1.00   0.98
#   answerable, mtrag conversations           0.95   0.91   0.86   0.78   0.73
#   SQuAD, put to a corpus on something else  0.06   0.06   0.04   0.04   0.02
#   SQuAD, only its paragraph taken away      0.73   0.65   0.60   0.43   0.35
#   mtrag, only its passages taken away       0.45   0.40   0.33   0.24   0.22
#   SQuAD, near miss without an answer        0.94   0.92   0.88   0.85   0.82
#   CLAP NQ, passage there but no answer      0.83   0.81   0.75   0.62   0.52
INTERCEPT = -6.6
WEIGHTS = {"nearest": 2.29, "score": 8.61}
# Employees ask their own company's documents in fewer and sloppier words than these sets do, so a lower threshold than
# 0.3 is right for them: of the tuning half of `evals/datasets/cases` 0.84 of the answerable questions are attempted at
# 0.2 and 0.73 at 0.3, of the others 0.61 and 0.47.
THRESHOLD = 0.2
# Below this an answer is attempted, but the evidence is weak, and the answer says so.
FIRM = 0.3
# A sentence that repeats nearly the whole question says more than the passages around it do. Lower scores add as many
# answers where there is none: of 604 questions of SQuAD this one adds 2 right answers and 2 wrong
# ones, 1.55 adds 3 and 13.
SENTENCE_CARRIES = 1.75


class Evidence(Protocol):
    """A retrieved passage as far as this judgement needs it."""

    @property
    def text(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def semantic(self) -> float: ...
    @property
    def score(self) -> float: ...


def carries_answer(passages: Sequence[Evidence]) -> bool:
    """Whether an answer should be attempted."""
    return confidence(passages) >= THRESHOLD


def lifted(confidence: float, best_sentence: float) -> float:
    """The confidence where the best sentence has that score."""
    return max(confidence, FIRM) if best_sentence >= SENTENCE_CARRIES else confidence


def confidence(passages: Sequence[Evidence]) -> float:
    """From 0 to 1, how likely the passages hold an answer."""
    if not passages:
        return 0.0
    seen = features(passages)
    return 1 / (1 + math.exp(-INTERCEPT - sum(WEIGHTS[name] * value for name, value in seen.items())))


def features(passages: Sequence[Evidence]) -> dict[str, float]:
    """What the judgement rests on, each from 0 to about 1; `passages` are the five best."""
    return {
        "nearest": max(passage.semantic for passage in passages),
        "score": max(passage.score for passage in passages),
    }
