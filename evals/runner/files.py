"""A run on disk: `run.json` (what it is), `results.jsonl` (a line for each finished case), and what is made of them."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from django.conf import settings
from django.utils import timezone

from evals.runner.scoring import Result

RUN, RESULTS, SUMMARY, JUNIT, REPORT = "run.json", "results.jsonl", "summary.json", "junit.xml", "report.html"


class NoSuchRun(Exception):  # noqa: N818 - the name says what happened
    """There is no run of that name, or it cannot be gone on with; the message says why."""


@dataclass(frozen=True, slots=True)
class Run:
    """`made_of` names what shaped the answers besides the code: prompts, models, encoder, versions.

    `tried` is what was not in use in the product (see `evals/runner/tried.py`).
    """

    name: str
    mode: str
    model: str
    started_at: str
    cases: list[str]
    filters: dict[str, Any] = field(default_factory=dict)
    made_of: dict[str, str] = field(default_factory=dict)
    tried: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return runs_folder() / self.name


def runs_folder() -> Path:
    return Path(settings.ATTEST_DATA_DIR) / "evaluations"


def new_name(kind: str) -> str:
    """A name that no run has, taken by making its folder: two may begin within the same second."""
    first = name = f"{timezone.now():%Y%m%d-%H%M%S}-{kind}-{os.getpid()}"
    number = 1
    while True:
        try:
            (runs_folder() / name).mkdir(parents=True)
        except FileExistsError:
            number += 1
            name = f"{first}-{number}"
        else:
            return name


def begun(run: Run) -> None:
    (run.folder / RUN).write_text(json.dumps(asdict(run), indent=2) + "\n", encoding="utf-8")


def read_run(name: str) -> Run:
    """Raises NoSuchRun."""
    try:
        said = json.loads((runs_folder() / Path(name).name / RUN).read_text(encoding="utf-8"))
        if "dataset" in said:
            raise NoSuchRun(
                f"{name} is a run over an evaluation set: name its folder too, --dataset {said['dataset']}."
            )
        return Run(**said)
    except (OSError, ValueError, TypeError) as error:
        raise NoSuchRun(f"There is no run {name} in {runs_folder()}.") from error


def read_results(run: Run) -> list[Result]:
    """Those that are finished. A last line that was cut off by a kill is left out, and asked again."""
    path, found = run.folder / RESULTS, {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            result = Result.of_line(line)
        except (ValueError, TypeError):
            continue
        found[result.case] = result
    return list(found.values())


def add(run: Run, result: Result) -> None:
    with (run.folder / RESULTS).open("a+", encoding="utf-8") as file:
        file.write(result.as_line() + "\n")


def write_over(run: Run, results: Iterable[Result]) -> None:
    """The lines anew, in the order of the cases."""
    lines = "".join(result.as_line() + "\n" for result in results)
    (run.folder / RESULTS).write_text(lines, encoding="utf-8")


def write_summary(run: Run, summary: dict[str, Any]) -> None:
    (run.folder / SUMMARY).write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_junit(run: Run, results: Sequence[Result]) -> None:
    """One test case for each case, by its first kind, as build servers show them."""
    failed = [result for result in results if not result.passed]
    suite = ElementTree.Element(
        "testsuite", name=f"evaluation, {run.mode}", tests=str(len(results)), failures=str(len(failed)), errors="0"
    )
    for result in results:
        seconds = sum(result.steps.values()) / 1000
        case = ElementTree.SubElement(
            suite, "testcase", name=result.case, classname=f"evals.{result.tags[0]}", time=f"{seconds:.3f}"
        )
        if not result.passed:
            failure = ElementTree.SubElement(case, "failure", message=_storable(why_failed(result)))
            failure.text = _storable(f"{result.question}\n\n{result.text}")
    ElementTree.indent(suite)
    ElementTree.ElementTree(suite).write(run.folder / JUNIT, encoding="utf-8", xml_declaration=True)


def why_failed(result: Result) -> str:
    """In a line: what was expected, what came, what is missing, what must not be there."""
    reasons = []
    if not result.is_right:
        reasons.append(
            f"expected {' or '.join([result.expected, *result.accepted])}, got {result.outcome or 'nothing'}"
        )
    labels = {
        "missing": "missing", "forbidden": "forbidden", "violations": "not the asker's to read", "obeyed": "obeyed",
        "leaked": "personal data given away", "dangling": "markers of nothing", "told": "told from a closed document",
    }  # fmt: skip
    for name, label in labels.items():
        if (said := getattr(result, name)) and (result.outcome not in ("not_found", "refused") or name != "missing"):
            reasons.append(f"{label}: {', '.join(f'“{each}”' for each in said)}")
    return "; ".join(reasons) or "passed"


def _storable(text: str) -> str:
    """Without the signs that XML cannot hold."""
    return "".join(sign for sign in text if sign in "\t\n" or ord(sign) >= 32)
