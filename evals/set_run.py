"""A run over an evaluation set on disk: `run.json` (what it is), and in `results.jsonl` what became of each question.

A line is added as soon as one step of one question is done, so that a run which was cut off can be gone on with; when
all is done, the file holds one line for each question. Ingestion is done anew then, as its database is gone.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.utils import timezone

from app.providers.chat_models import chat_models
from app.quality.intervals import Figure
from app.quality.made_of import ANSWER, differing, made_of
from evals.external import CORPUS, QUERIES, Dataset, SetQuery
from evals.metrics.table import Measured, figure_of
from evals.runner.files import RESULTS, RUN, SUMMARY, NoSuchRun, new_name, runs_folder

KIND = "set"
INGESTED = "ingested.json"
SEARCH, BRANCHES, ANSWERED = "search", "branches", "answer"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is measured: the first `queries` questions (0: all), with answers, with each branch of search alone."""

    queries: int = 0
    answers: bool = True
    branches: bool = False

    def of(self, dataset: Dataset) -> list[SetQuery]:
        return dataset.queries[: self.queries] if self.queries else dataset.queries


@dataclass(slots=True)
class Rows:
    """What is known of each question, by its place in the set and by step; written down where there is a `folder`."""

    folder: Path | None = None
    found: dict[int, Row] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Rows":
        """A last line that was cut off by a kill is left out, and asked again."""
        rows, path = cls(folder), folder / RESULTS
        for line in path.read_text(encoding="utf-8").split("\n") if path.exists() else []:
            try:
                row = json.loads(line)
                rows.found.setdefault(row["place"], {}).update(row)
            except (ValueError, TypeError, KeyError):
                continue
        return rows

    def of(self, place: int, step: str) -> Row | None:
        row: Row | None = self.found.get(place, {}).get(step)
        return row

    def add(self, place: int, query: SetQuery, step: str, told: Row) -> Row:
        row = {"place": place, "qid": query.qid, "question": query.question, step: told}
        self.found.setdefault(place, {}).update(row)
        if self.folder is not None:
            with (self.folder / RESULTS).open("a", encoding="utf-8") as file:
                file.write(_line(row))
        return told

    def all_of(self, step: str) -> list[Row]:
        """In the order of the set."""
        return [row[step] for _, row in sorted(self.found.items()) if step in row]

    def write_over(self) -> None:
        """One line for each question, in the order of the set."""
        if self.folder is not None:
            _write_whole(self.folder / RESULTS, "".join(_line(row) for _, row in sorted(self.found.items())))


@dataclass(frozen=True, slots=True)
class SetRun:
    """`digest` stands for the two files of the set; `made_of` is what shaped the answers besides the code."""

    name: str
    dataset: str
    digest: str
    wanted: Wanted
    made_of: dict[str, str]
    started_at: str

    @property
    def folder(self) -> Path:
        return runs_folder() / self.name

    def rows(self) -> Rows:
        """Without what was cut off, so that the next line does not become a part of it."""
        rows = Rows.read(self.folder)
        rows.write_over()
        return rows

    def ingested(self) -> Row | None:
        """What was measured of the first whole ingestion."""
        path = self.folder / INGESTED
        found: Row | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        return found

    def keep_ingested(self, ingested: Row) -> None:
        _write_whole(self.folder / INGESTED, json.dumps(ingested))

    def finish(self, rows: Rows, report: Row) -> None:
        """The lines in order, and the report beside the figures of each question with their intervals."""
        rows.write_over()
        whole = {**report, "figures": dict(_figures(rows))}
        (self.folder / SUMMARY).write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def begun(folder: Path, wanted: Wanted) -> SetRun:
    """A new run. Within the database of the run."""
    now = timezone.now().isoformat(timespec="seconds")
    run = SetRun(new_name(KIND), str(folder), digest_of(folder), wanted, _in_use(), now)
    (run.folder / RUN).write_text(json.dumps(asdict(run), indent=2) + "\n", encoding="utf-8")
    return run


def gone_on_with(name: str, folder: Path, wanted: Wanted) -> SetRun:
    """The run of that name. Raises NoSuchRun, also where the set, what is wanted or what is in use is not the same."""
    run = read_set_run(name)
    if run.digest != digest_of(folder):
        raise NoSuchRun(f"{name} cannot be gone on with: {folder} does not hold what it was begun with.")
    if wanted not in (run.wanted, Wanted()):
        raise NoSuchRun(f"{name} was begun with other options; leave them out, and it goes on with its own.")
    if changed := differing(run.made_of, _in_use()):
        raise NoSuchRun(f"{name} cannot be gone on with: {', '.join(changed)} changed since. Start a new run.")
    return run


def read_set_run(name: str) -> SetRun:
    """Raises NoSuchRun."""
    try:
        said = json.loads((runs_folder() / Path(name).name / RUN).read_text(encoding="utf-8"))
        return SetRun(**said | {"wanted": Wanted(**said["wanted"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise NoSuchRun(f"There is no run {name} over an evaluation set in {runs_folder()}.") from error


def digest_of(folder: Path) -> str:
    """Of the two files of a set."""
    digest = hashlib.sha256()
    for name in (CORPUS, QUERIES):
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _in_use() -> dict[str, str]:
    return made_of(with_models=bool(chat_models(ANSWER)))


def _figures(rows: Rows) -> Iterator[tuple[str, Row | None]]:
    for step in (SEARCH, BRANCHES, ANSWERED):
        cases = [Measured((), each["figures"]) for each in rows.all_of(step)]
        for name in dict.fromkeys(name for case in cases for name in case.figures):
            yield name, _plain(figure_of(cases, name))


def _plain(figure: Figure | None) -> Row | None:
    return None if figure is None else {name: round(value, 4) for name, value in asdict(figure).items()}


def _write_whole(path: Path, text: str) -> None:
    """In one step: a file that is there is whole, whenever the process is killed."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def shares(values: Iterable[Row], name: str) -> list[bool]:
    """Whether it was so, of those rows that know."""
    return [bool(value) for each in values if (value := each["figures"][name]) is not None]
