"""Answers a question with sentences of the retrieved passages, word for word, and says how far they carry an answer.

Pure: the encoder and the weights of the question's words are handed in, so no model or database is known here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.answers.steps.sentences import Sentence, split

Encode = Callable[[list[str]], NDArray[np.float32]]

# Encoding is the slow part: 25 short sentences take about 0.1 s on one core.
MOST_ENCODED = 24
MOST_SENTENCES = 3
PASSAGES_READ = 5

COSINE_WEIGHT = 0.5
COVERAGE_WEIGHT = 0.3
PASSAGE_WEIGHT = 0.7
KIND_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class PassageText:
    """A retrieved passage: its text, its fused score and its cosine with the question."""

    text: str
    score: float
    semantic: float = 0.0


@dataclass(frozen=True, slots=True)
class ExtractedSentence:
    """`passage_text[start:end]`; `text` is that, with the table's header row in front where it is a row."""

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


def extract(
    question: str, passages: Sequence[PassageText], encode: Encode, idf: Mapping[str, float]
) -> Extraction:
    """The best sentences of the first passages. `idf` holds the weight of each lexeme of the question."""
    raise NotImplementedError
