"""A case of the evaluation: what somebody asks, and what a right answer says, leaves out and rests on.

Cases are lines of JSON in `evals/datasets/cases/`. A line gives a case, or a sentence about what is wrong with it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from evals.halves import is_tuned_on

CASES = Path(__file__).parent.parent / "datasets" / "cases"

OPTIONAL = frozenset(("derived",))
NUMBERED = re.compile(r"-\d+$")


class CaseError(ValueError):
    """A line that is no case; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class Turn:
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Gold:
    """A passage that an answer should cite: words of a document, as they stand there."""

    document: str
    quote: str


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    question: str
    asker: str
    history: tuple[Turn, ...]
    expected: str
    also_accepted: tuple[str, ...]
    reference: str
    must: tuple[tuple[str, ...], ...]
    """Facts that the answer states, each in one of its accepted spellings."""
    must_not: tuple[str, ...]
    gold: tuple[Gold, ...]
    tags: tuple[str, ...]
    author: str
    reviewed: str
    derived: bool = False
    """Its facts are worked out from the gold passages (a sum, a date) and so stand in none of them."""

    @property
    def accepted(self) -> frozenset[str]:
        return frozenset((self.expected, *self.also_accepted))

    @property
    def topic(self) -> str:
        """The id without its number: cases that ask about one thing share it."""
        return NUMBERED.sub("", self.id)

    @property
    def is_tuned_on(self) -> bool:
        """By topic, so that two ways of asking for one fact are in one half."""
        return is_tuned_on(self.topic)


REQUIRED = frozenset(field.name for field in fields(Case)) - OPTIONAL


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file of cases, and the case on it or what is wrong with it."""

    file: str
    number: int
    case: Case | None
    error: str = ""


def read_lines(folder: Path = CASES) -> list[Line]:
    """Every line of every file, by file name; a line that is no case carries its error."""
    return [line for path in sorted(folder.glob("*.jsonl")) for line in _lines_of(path)]


def read_cases(folder: Path = CASES) -> list[Case]:
    """The cases of a folder. Raises CaseError, with the file and the line, for the first line that is none."""
    cases = []
    for line in read_lines(folder):
        if line.case is None:
            raise CaseError(f"{line.file}, line {line.number}: {line.error}")
        cases.append(line.case)
    return cases


def _lines_of(path: Path) -> Iterator[Line]:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            yield Line(path.name, number, case_of(text))
        except CaseError as error:
            yield Line(path.name, number, None, str(error))


def case_of(text: str) -> Case:
    """The case of one line."""
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise CaseError(f"This is not JSON ({error.msg}, column {error.colno}).") from error
    if not isinstance(row, dict):
        raise CaseError("A case is a JSON object in braces.")
    name = row.get("id")
    try:
        return _case(row)
    except CaseError as error:
        raise CaseError(f"{name}: {error}" if isinstance(name, str) else str(error)) from error


def _case(row: dict[str, Any]) -> Case:
    if unknown := sorted(row.keys() - REQUIRED - OPTIONAL):
        raise CaseError(f"There is no field {_quoted(unknown)}. Fields are {_quoted(sorted(REQUIRED | OPTIONAL))}.")
    if missing := sorted(REQUIRED - row.keys()):
        raise CaseError(f"The field {_quoted(missing)} is missing.")
    return Case(
        id=_text(row, "id"),
        question=_text(row, "question"),
        asker=_text(row, "asker"),
        history=tuple(Turn(_text(each, "question"), _text(each, "answer")) for each in _objects(row, "history", Turn)),
        expected=_text(row, "expected"),
        also_accepted=_texts(row, "also_accepted"),
        reference=_text(row, "reference"),
        must=tuple(_spellings(fact) for fact in _list(row, "must")),
        must_not=_texts(row, "must_not"),
        gold=tuple(Gold(_text(each, "document"), _text(each, "quote")) for each in _objects(row, "gold", Gold)),
        tags=_texts(row, "tags"),
        author=_text(row, "author"),
        reviewed=_text(row, "reviewed", may_be_empty=True),
        derived=_flag(row, "derived"),
    )


def _text(row: dict[str, Any], field: str, *, may_be_empty: bool = False) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not (value.strip() or may_be_empty):
        raise CaseError(f"“{field}” must be a text{'' if may_be_empty else ' that says something'}.")
    return value


def _list(row: dict[str, Any], field: str) -> list[Any]:
    value = row[field]
    if not isinstance(value, list):
        raise CaseError(f"“{field}” must be a list.")
    return value


def _texts(row: dict[str, Any], field: str) -> tuple[str, ...]:
    values = _list(row, field)
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise CaseError(f"“{field}” must be a list of texts.")
    return tuple(values)


def _objects(row: dict[str, Any], field: str, shape: type) -> list[dict[str, Any]]:
    values, wanted = _list(row, field), set(shape.__annotations__)
    if not all(isinstance(value, dict) and set(value) == wanted for value in values):
        raise CaseError(f"“{field}” must be a list of objects with {_quoted(sorted(wanted))}.")
    return values


def _spellings(fact: Any) -> tuple[str, ...]:
    spellings = [fact] if isinstance(fact, str) else fact
    if not isinstance(spellings, list) or not spellings:
        raise CaseError("A fact in “must” is a text or a list of accepted spellings.")
    if not all(isinstance(each, str) and each.strip() for each in spellings):
        raise CaseError("A fact in “must” is a text or a list of accepted spellings.")
    return tuple(spellings)


def _flag(row: dict[str, Any], field: str) -> bool:
    value = row.get(field, False)
    if not isinstance(value, bool):
        raise CaseError(f"“{field}” must be true or false.")
    return value


def _quoted(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
