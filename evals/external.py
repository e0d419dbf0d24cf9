"""Evaluation sets on disk: `corpus.jsonl` with documents and `queries.jsonl` with questions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS, QUERIES = "corpus.jsonl", "queries.jsonl"


class DatasetError(ValueError):
    """The folder does not hold a readable evaluation set; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class SetDocument:
    doc_id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class SetQuery:
    """`gold` are the ids of the documents that answer the question; empty when it is not answerable."""

    qid: str
    question: str
    answers: tuple[str, ...]
    gold: frozenset[str]
    answerable: bool


@dataclass(frozen=True, slots=True)
class Dataset:
    name: str
    documents: list[SetDocument]
    queries: list[SetQuery]


def load(folder: Path) -> Dataset:
    """Raises DatasetError."""
    documents = [
        SetDocument(str(row["doc_id"]), row.get("title") or "", row.get("text") or "")
        for row in _rows(folder / CORPUS, ("doc_id", "text"))
    ]
    queries = [_query(row) for row in _rows(folder / QUERIES, ("qid", "question"))]
    if not documents or not queries:
        raise DatasetError(f"{folder} holds no documents or no questions.")
    return Dataset(folder.name, documents, queries)


def _query(row: dict[str, Any]) -> SetQuery:
    gold = frozenset(str(each) for each in row.get("gold_doc_ids") or [])
    return SetQuery(
        qid=str(row["qid"]),
        question=row["question"],
        answers=tuple(str(answer) for answer in row.get("answers") or []),
        gold=gold,
        answerable=bool(row.get("answerable", True)),
    )


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 text.") from error
    # Not splitlines: JSON allows a bare U+2028 inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DatasetError(f"{path} line {number} is not JSON: {error.msg}.") from error
        if not isinstance(row, dict):
            raise DatasetError(f"{path} line {number} is not an object.")
        if missing := [name for name in needed if name not in row]:
            raise DatasetError(f"{path} line {number} has no {missing[0]}.")
        yield row
