"""Fits the judgement whether passages hold an answer (`app/answers/steps/answerability.py`) and says how it does.

Groups of questions: answerable ones; near misses; answerable ones whose document, or all documents of
whose title, are taken out of what search found; and questions put to another set's documents. One half of what
the questions are about is fitted on, the other is reported (`evals.answering.half_of`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from app.answers.following.resolve import standalone
from app.answers.steps.answerability import features
from app.answers.steps.extract import PASSAGES_JUDGED, PassageText
from app.corpus.access import Reader
from evals.answering import Asked, Half
from evals.measure_set import canonical_ids
from retrieval.passage import Passage
from retrieval.search import search

FOUND = 30
ELSEWHERE_AT_MOST = 100
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)
# A nearly unpenalised fit: there are thousands of cases for a handful of weights.
INVERSE_PENALTY = 100.0
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what it was given: its group, whether an answer is there, and the features by name."""

    group: str
    answerable: bool
    features: dict[str, float]
    half: Half


@dataclass(frozen=True, slots=True)
class Fit:
    """`tuned` and `attempted` are shares of the half fitted on and of the one held out, of each group by threshold."""

    intercept: float
    weights: dict[str, float]
    tuned: dict[str, dict[float, float]]
    attempted: dict[str, dict[float, float]]


def cases(name: str, own: Sequence[Asked], others: Sequence[Sequence[Asked]], progress: Progress) -> list[Case]:
    """The cases of a set that has been ingested; `others` lend questions that it cannot answer."""
    same = canonical_ids()
    strangers = [asked for other in others for asked in _spread(other, ELSEWHERE_AT_MOST)]
    found: list[Case] = []
    for done, asked in enumerate(own):
        progress(done, len(own) + len(strangers))
        found += _own(name, asked, {same.get(each, each) for each in asked.gold})
    for done, asked in enumerate(strangers, start=len(own)):
        progress(done, len(own) + len(strangers))
        found += _case(f"{name}: asked of another corpus", False, asked, _searched(asked))
    return found


def fitted(found: Sequence[Case]) -> Fit:
    """Every group weighs the same, however many questions it has, and what is answerable as much as what is not."""
    names = list(found[0].features)
    values = np.array([[case.features[name] for name in names] for case in found])
    labels = np.array([case.answerable for case in found])
    groups = np.array([case.group for case in found])
    tuned = np.array([case.half == "tune" for case in found])
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=5000)
    model.fit(values[tuned], labels[tuned], sample_weight=_weights(groups[tuned], labels[tuned]))
    confidence = model.predict_proba(values)[:, 1]
    return Fit(
        round(float(model.intercept_[0]), 2),
        {name: round(float(weight), 2) for name, weight in zip(names, model.coef_[0], strict=True)},
        *(
            {group: _shares(confidence[half & (groups == group)]) for group in sorted(set(groups[half]))}
            for half in (tuned, ~tuned)
        ),
    )


def _weights(groups: NDArray[np.str_], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Every group weighs the same as the others with its label, and both labels weigh the same in all."""
    counts = dict(zip(*np.unique(groups, return_counts=True), strict=True))
    weights = np.array([1000 / counts[group] for group in groups])
    for label in (True, False):
        weights[labels == label] *= 1000 / max(weights[labels == label].sum(), 1e-9)
    return weights


def _own(name: str, asked: Asked, gold: set[str]) -> Iterator[Case]:
    passages = _searched(asked)
    if not asked.answerable:
        yield from _case(f"{name}: near miss", False, asked, passages)
    elif gold:
        titles = {passage.title for passage in passages if passage.external_id in gold}
        without = [passage for passage in passages if passage.external_id not in gold]
        apart = [passage for passage in passages if passage.title not in titles]
        yield from _case(f"{name}: answerable", True, asked, passages)
        yield from _case(f"{name}: its document taken away", False, asked, without)
        yield from _case(f"{name}: everything of its title taken away", False, asked, apart)


def _searched(asked: Asked) -> list[Passage]:
    """What search finds for the question once it stands alone, without a model's help."""
    return search(standalone(asked.question, asked.history), Reader(), limit=FOUND)


def _case(group: str, answerable: bool, asked: Asked, passages: Sequence[Passage]) -> Iterator[Case]:
    if read := [as_read(passage) for passage in passages[:PASSAGES_JUDGED]]:
        yield Case(group, answerable, features(read), asked.half)


def as_read(passage: Passage) -> PassageText:
    return PassageText(
        passage.text, passage.score, passage.semantic, " > ".join((passage.title, *passage.heading_path))
    )


def _spread(asked: Sequence[Asked], most: int) -> list[Asked]:
    """Some of those that need no conversation."""
    alone = [each for each in asked if not each.history]
    return alone[:: max(1, len(alone) // most)][:most]


def _shares(confidence: NDArray[np.float64]) -> dict[float, float]:
    return {threshold: round(float((confidence >= threshold).mean()), 2) for threshold in THRESHOLDS}
