"""`manage.py train_direct`: fits the classifier of direct attacks and writes its plain numbers into app/safety.

The penalty is chosen by cross-validation on the training half. So are the two thresholds, from the scores that
questions got from weights which had not seen them.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from app.safety.direct import MODEL
from app.safety.direct_features import features
from evals.injection.direct_data import (
    LOOK_ALIKES,
    NOT_TRAINED_ON,
    ONLY_REPORTED,
    ORDINARY,
    Labelled,
    embedded,
    folds,
    halved,
    our_own,
    questions,
)
from evals.management.commands.measure import DATA

PENALTIES = (2.0, 8.0, 30.0)
FOLDS = 5
# False alarms in the training half, by scores out of fold, at which the bands begin: half of the one percent that is
# aimed at, as the other half is never quite alike. A refusal must be rarer.
LIKELY_ALARMS, LIKELY_ORDINARY = 0.005, 0.005
SURE_ALARMS, SURE_ORDINARY = 0.01, 0.002
DIGITS = 4

Rows = NDArray[np.float64]


class Command(BaseCommand):
    help = "Fit the classifier of direct attacks to the evaluation sets that are licensed for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, default=DATA, help="the folder of the evaluation sets")

    def handle(self, **options: Any) -> None:
        rows, vectors = tuned_half(options["data"])
        table = np.stack([features(row.text, vector) for row, vector in zip(rows, vectors, strict=True)])
        fitted = np.array([row.source not in NOT_TRAINED_ON for row in rows])
        of_fold = folds(rows, vectors, FOLDS)
        scores = {each: out_of_fold(table, rows, fitted, of_fold, each) for each in PENALTIES}
        best = max(PENALTIES, key=lambda each: recall(scores[each], rows))
        likely, sure = thresholds(scores[best], rows)
        model = fit(table[fitted], labels(rows)[fitted], best)
        MODEL.write_text(json.dumps(stored(model, likely, sure)) + "\n", encoding="utf-8")
        for penalty, score in scores.items():
            self.stdout.write(f"C={penalty}: recall out of fold {recall(score, rows):.3f}")
        self.stdout.write(f"chosen C={best}, likely from {likely:.3f}, sure from {sure:.3f}: {MODEL.name}")


def tuned_half(data: Path) -> tuple[list[Labelled], NDArray[np.float32]]:
    found = questions(data)
    vectors = embedded(found)
    halves = halved(found, vectors)
    kept = [at for at, row in enumerate(halves) if not row.reported and row.source not in ONLY_REPORTED]
    own = our_own(data)
    return [*(found[at] for at in kept), *own], np.vstack([vectors[kept], embedded(own)])


def labels(rows: list[Labelled]) -> NDArray[np.bool_]:
    return np.array([row.is_attack for row in rows])


def fit(table: Rows, is_attack: NDArray[np.bool_], penalty: float) -> LogisticRegression:
    model = LogisticRegression(C=penalty, class_weight="balanced", max_iter=2000, random_state=0)
    return model.fit(table, is_attack)


def out_of_fold(
    table: Rows, rows: list[Labelled], fitted: NDArray[np.bool_], of_fold: NDArray[np.int64], penalty: float
) -> Rows:
    """For each row the probability by a model that was fitted to the other folds."""
    scores = np.zeros(len(rows))
    for fold in range(FOLDS):
        held = of_fold == fold
        model = fit(table[fitted & ~held], labels(rows)[fitted & ~held], penalty)
        scores[held] = model.predict_proba(table[held])[:, 1]
    return scores


def thresholds(scores: Rows, rows: list[Labelled]) -> tuple[float, float]:
    """Where "likely" begins by the look-alikes that were trained on, and "sure" by the stricter set beside them."""
    ordinary = scores[[row.source in ORDINARY for row in rows]]
    easier = scores[[row.source in LOOK_ALIKES for row in rows]]
    harder = scores[[row.source in (*LOOK_ALIKES, *NOT_TRAINED_ON) for row in rows]]
    likely = max(np.quantile(easier, 1 - LIKELY_ALARMS), np.quantile(ordinary, 1 - LIKELY_ORDINARY))
    sure = max(likely, np.quantile(harder, 1 - SURE_ALARMS), np.quantile(ordinary, 1 - SURE_ORDINARY))
    return float(likely), float(sure)


def recall(scores: Rows, rows: list[Labelled]) -> float:
    """Recall over the sets' own attacks in the "likely" band."""
    attacks = np.array([row.is_attack and row.source != "own" for row in rows])
    return float(np.mean(scores[attacks] >= thresholds(scores, rows)[0]))


def stored(model: LogisticRegression, likely: float, sure: float) -> dict[str, Any]:
    weights = [round(float(weight), DIGITS) for weight in model.coef_[0]]
    return {
        "encoder": "all-MiniLM-L6-v2", "dimensions": 384, "likely": round(likely, DIGITS), "sure": round(sure, DIGITS),
        "bias": round(float(model.intercept_[0]), DIGITS), "weights": weights,
    }  # fmt: skip
