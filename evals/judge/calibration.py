"""Answers that people graded, on disk, and the judge's verdicts on the same.

A line of JSON each: `id`, `question`, `outcome`, `answer`, `people` (a level for each criterion of the rubric), and if
there are any `passages` (`marker`, `text`), `reference` and the `rubric` that people graded by.
Other fields are for people who read the file.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.providers.types import ChatModel
from app.quality.judges import Judge
from app.quality.models import JudgeCalibration
from evals.judge.agreement import Pair, agreements, may_be_relied_on
from evals.judge.asking import Judged, ToGrade, judge_all
from evals.judge.errors import JudgeError, UnreadableVerdict
from evals.judge.graded import graded_rows
from evals.judge.rubric import GradesError, Verdict, rubric_in_use, verdict_of
from evals.metrics.agreement import Agreement


class CalibrationError(ValueError):
    """The file cannot be used; the sentence says where and why."""


@dataclass(frozen=True, slots=True)
class Graded:
    id: str
    item: ToGrade
    people: Verdict


@dataclass(frozen=True, slots=True)
class Calibrated:
    """`errors` by the id of the answer that the judge did not grade."""

    pairs: list[Pair]
    errors: dict[str, JudgeError]
    prompt_tokens: int
    completion_tokens: int

    @property
    def unreadable(self) -> int:
        """Replies without grades that can be used."""
        return sum(isinstance(each, UnreadableVerdict) for each in self.errors.values())

    @property
    def replied(self) -> bool:
        """A judge whose every reply is unreadable was compared with people too, and failed."""
        return self.unreadable > 0 or any(pair.judge is not None for pair in self.pairs)


def read(path: Path) -> list[Graded]:
    """Raises CalibrationError."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CalibrationError(f"{path} cannot be read: {error}.") from error
    graded = [_graded(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not graded:
        raise CalibrationError(f"{path} holds no graded answers.")
    return graded


def of_reviews() -> list[Graded]:
    """What reviewers of this installation graded. Raises CalibrationError where that is nothing."""
    graded = [_from_row(row) for row in graded_rows()]
    if not graded:
        raise CalibrationError(
            "No answer is graded here under the present rubric: people grade on the page Reviews. Or name a file."
        )
    return graded


def keep(judge: Judge, found: Calibrated, file: str = "") -> JudgeCalibration:
    """So that pages and reports can say beside the judge's figures how far people agree with it.

    `file` names where the grades came from if reviewers did not give them here.
    """
    return JudgeCalibration.objects.create(
        model=judge.model, rubric=judge.rubric, file=file[:200], answers=len(found.pairs),
        graded=sum(pair.judge is not None for pair in found.pairs),
        criteria={name: _kept(each, len(found.pairs)) for name, each in agreements(found.pairs).items()},
    )  # fmt: skip


def _kept(found: Agreement, given: int) -> dict[str, Any]:
    figures = {"same": found.observed, "kappa": found.kappa}
    table = found.confusion
    confusion = [{"people": row, "judge": [table.count(row, each) for each in table.labels]} for row in table.labels]
    return {"n": found.n, "relied_on": may_be_relied_on(found, given), "confusion": confusion} | {
        name: None if each is None else {"value": each.value, "low": each.low, "high": each.high}
        for name, each in figures.items()
    }


def calibrated(graded: Sequence[Graded], model: ChatModel, progress: Callable[[int, int], None]) -> Calibrated:
    """Each answer graded by the judge, beside the people's grades."""
    heard = asyncio.run(judge_all([each.item for each in graded], model, progress))
    verdicts = [each for each in heard if isinstance(each, Judged)]
    return Calibrated(
        pairs=[
            Pair(own.people, each.verdict if isinstance(each, Judged) else None)
            for own, each in zip(graded, heard, strict=True)
        ],
        errors={own.id: each for own, each in zip(graded, heard, strict=True) if isinstance(each, JudgeError)},
        prompt_tokens=sum(each.prompt_tokens for each in verdicts),
        completion_tokens=sum(each.completion_tokens for each in verdicts),
    )


def _graded(path: Path, number: int, line: str) -> Graded:
    try:
        return _from_row(json.loads(line))
    except json.JSONDecodeError as error:
        raise CalibrationError(f"{path}, line {number}, is not JSON: {error.msg}.") from error
    except (GradesError, CalibrationError) as error:
        raise CalibrationError(f"{path}, line {number}: {error}") from error


def _from_row(row: Any) -> Graded:
    if not isinstance(row, dict):
        raise CalibrationError("This is not an object.")
    people = row.get("people")
    if not isinstance(people, dict):
        raise CalibrationError("“people” must hold a level for each criterion.")
    passages = row.get("passages", [])
    if not isinstance(passages, list):
        raise CalibrationError("“passages” must be a list.")
    if row.get("rubric", rubric_in_use()) != rubric_in_use():
        raise CalibrationError(
            f"It was graded by the rubric {row['rubric']}, and people grade by {rubric_in_use()} now. Grade it again."
        )
    item = ToGrade(
        question=_text(row, "question"),
        outcome=_text(row, "outcome"),
        answer=_text(row, "answer"),
        passages=tuple(_passage(each) for each in passages),
        reference=_text(row, "reference") if row.get("reference") else "",
    )
    return Graded(_text(row, "id"), item, verdict_of(people))


def _passage(row: Any) -> tuple[int, str]:
    if not isinstance(row, dict) or not isinstance(row.get("marker"), int):
        raise CalibrationError("Each of “passages” needs a “marker”, a number, and a “text”.")
    return row["marker"], _text(row, "text")


def _text(row: dict[str, Any], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str):
        raise CalibrationError(f"“{field}” must be a text.")
    return value
