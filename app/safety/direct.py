"""Tells a question from an attack on the assistant: a logistic regression over the question's embedding and rules.

The weights are plain numbers in `direct_model.json`; `docs/models/direct-injection.md` is their card. They belong to
one encoder: with another one, or without a vector, the rules alone decide.
"""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.safety.direct_features import Numbers, features
from app.safety.injection import CAREFUL, instruction_score

MODEL = Path(__file__).with_name("direct_model.json")
# A rule this sure is enough by itself, whatever the classifier says.
SURE_RULE = 0.95


class Band(StrEnum):
    """How sure it is that a question is an attack."""

    NONE = "none"
    LIKELY = "likely"
    SURE = "sure"


class Judge(StrEnum):
    CLASSIFIER = "classifier"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` is from 0 to 1."""

    band: Band
    score: float
    by: Judge


@dataclass(frozen=True, slots=True)
class DirectModel:
    """`likely` and `sure` are the scores at which the bands begin."""

    encoder: str
    dimensions: int
    weights: Numbers
    bias: float
    likely: float
    sure: float

    def score(self, text: str, vector: NDArray[np.float32]) -> float:
        return 1 / (1 + math.exp(-(float(features(text, vector) @ self.weights) + self.bias)))

    def reads(self, encoder: str, vector: NDArray[np.float32] | None) -> bool:
        """Whether the vector is of the encoder that the weights were fitted to."""
        return vector is not None and encoder == self.encoder and vector.shape == (self.dimensions,)


def judge(text: str, vector: NDArray[np.float32] | None = None, encoder: str = "") -> Verdict:
    """The verdict on a question. `vector` is its embedding by `encoder`."""
    model = direct_model()
    ruled = instruction_score(text)
    if vector is None or not model.reads(encoder, vector):
        return Verdict(_band(ruled, CAREFUL, SURE_RULE), ruled, Judge.RULES)
    score = model.score(text, vector)
    if ruled >= SURE_RULE and score < model.sure:
        return Verdict(Band.SURE, ruled, Judge.RULES)
    return Verdict(_band(score, model.likely, model.sure), score, Judge.CLASSIFIER)


@functools.cache
def direct_model() -> DirectModel:
    return read_model(json.loads(MODEL.read_text(encoding="utf-8")))


def read_model(stored: dict[str, Any]) -> DirectModel:
    return DirectModel(
        encoder=stored["encoder"],
        dimensions=stored["dimensions"],
        weights=np.array(stored["weights"], dtype=np.float64),
        bias=stored["bias"],
        likely=stored["likely"],
        sure=stored["sure"],
    )


def _band(score: float, likely: float, sure: float) -> Band:
    if score >= sure:
        return Band.SURE
    return Band.LIKELY if score >= likely else Band.NONE
