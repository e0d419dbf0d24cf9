"""`manage.py evaluate`: runs the cases over the sample company, or measures an evaluation set with `--dataset DIR`.

Either way in a throw-away database. With `--living` it asks graded answers again of this installation's own documents.
In any case nothing that people ask is touched.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evals import measure_set
from evals.cases.case import CaseError, read_cases
from evals.external import Dataset, DatasetError, load
from evals.living.command import add_living, evaluate_living
from evals.metrics.table import rows
from evals.runner.company_database import ensure_template
from evals.runner.files import REPORT, NoSuchRun, Run, why_failed
from evals.runner.modes import Mode, NoModel
from evals.runner.run import Wanted, at_once, resume, run_cases
from evals.runner.scoring import Result
from evals.runner.stored import NoTables, check_tables, store
from evals.runner.summary import measured as figures_of
from evals.runner.summary import summarised
from evals.runner.tried import NotThere, read_tried
from evals.throwaway import throwaway_database
from ingestion.progress import progress_bar

SHOWN = ("passed", "right_outcome", "fact_recall", "citation_recall", "ndcg@8")


class Command(BaseCommand):
    help = "Run the evaluation cases through the product, or measure an evaluation set of your own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        cases = parser.add_argument_group("cases over the sample company")
        cases.add_argument("--mode", choices=[mode.value for mode in Mode],
                           help="who writes: nobody (quotes), a server of ours, the configured model; by default "
                           "nobody, or the configured model where --prompt or --model is given")  # fmt: skip
        add_tried(cases)
        cases.add_argument("--tag", action="append", default=[], help="only cases of this kind (may be repeated)")
        cases.add_argument("--half", choices=("tune", "report"), default="", help="only cases of this half")
        cases.add_argument("--case", action="append", default=[], metavar="ID", help="only this case (repeatable)")
        cases.add_argument("--parallel", type=int, default=at_once(), metavar="N", help="questions at once")
        cases.add_argument("--resume", metavar="RUN", help="go on with a run that was cut off")
        living = parser.add_argument_group("the living set")
        add_living(living)
        living.add_argument("--texts", action="store_true",
                            help="its files also hold questions and answers, without what is personal")  # fmt: skip
        sets = parser.add_argument_group("an evaluation set")
        sets.add_argument("--dataset", type=Path, help="a folder with corpus.jsonl and queries.jsonl")
        sets.add_argument("--queries", type=int, default=0, metavar="N", help="only the first N questions")
        sets.add_argument("--without-answers", action="store_true", help="measure ingestion and search only")
        sets.add_argument("--branches", action="store_true", help="also measure each branch of search alone")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, **options: Any) -> None:
        if options["living"]:
            evaluate_living(self.stdout, options)
        elif options["dataset"] is not None:
            self._measure(options)
        else:
            self._run(options)

    def _measure(self, options: dict[str, Any]) -> None:
        try:
            dataset = load(options["dataset"].expanduser().resolve())
        except DatasetError as error:
            raise CommandError(str(error)) from error
        with throwaway_database():
            report = measured(
                dataset, options["queries"], with_answers=not options["without_answers"], alone=options["branches"]
            )
        self.stdout.write(json.dumps(report) if options["json"] else json.dumps(report, indent=2))

    def _run(self, options: dict[str, Any]) -> None:
        try:
            check_tables()
            run, results = ran(options)
        except (CaseError, NoModel, NoSuchRun, NotThere, NoTables) as error:
            raise CommandError(str(error)) from error
        store(run, results)
        if options["json"]:
            self.stdout.write(json.dumps({"run": run.name, "folder": str(run.folder), **summarised(results)}))
        else:
            self.stdout.write("\n".join(told(run, results)))


def add_tried(parser: Any) -> None:
    parser.add_argument("--prompt", action="append", default=[], metavar="NAME=HASH",
                        help="with this stored text of a prompt instead of the one in use (repeatable)")  # fmt: skip
    parser.add_argument("--model", default="", metavar="NAME",
                        help="with this configured model alone, also one that is on trial")  # fmt: skip


def mode_of(options: dict[str, Any]) -> Mode:
    is_tried = options["prompt"] or options["model"]
    return Mode(options["mode"] or (Mode.CONFIGURED if is_tried else Mode.EXTRACTIVE))


def ran(options: dict[str, Any]) -> tuple[Run, list[Result]]:
    mode = mode_of(options)
    tried = read_tried(options["prompt"], options["model"], mode)
    cases, parallel = read_cases(), max(1, options["parallel"])
    wanted = Wanted(options["tag"], options["half"], options["case"])
    chosen = wanted.of(cases)
    if not chosen:
        raise CommandError("No case is of that kind, half and name; `manage.py lint_cases --count` lists the kinds.")
    with progress_bar("Reading the company") as building:
        ensure_template(building)
    with progress_bar("Asking") as report:
        if options["resume"]:
            return resume(options["resume"], cases, parallel, report)
        return run_cases(chosen, mode, parallel, report, wanted.filters(), tried=tried)


def told(run: Run, results: list[Result]) -> list[str]:
    failed = [result for result in results if not result.passed]
    return [
        f"{len(results) - len(failed)} of {len(results)} cases passed ({run.mode}).",
        "",
        *rows([figures_of(result) for result in results], SHOWN),
        "",
        *(f"UNSAFE {result.case}: {why_failed(result)}" for result in failed if result.unsafe()),
        f"Every failed case: {run.folder / REPORT}",
    ]


def measured(dataset: Dataset, most: int, *, with_answers: bool, alone: bool = False) -> measure_set.Report:
    queries = dataset.queries[:most] if most else dataset.queries
    with progress_bar("Ingesting") as report:
        ingested = measure_set.ingest(dataset, report)
    with progress_bar("Searching") as report:
        retrieval, latency = measure_set.retrieval(queries, report)
    if alone:
        with progress_bar("Each branch alone") as report:
            retrieval |= measure_set.branches(queries, report)
    answers: measure_set.Report | None = None
    if with_answers:
        with progress_bar("Answering") as report:
            answers = measure_set.answers(queries, report)
    return {
        "dataset": dataset.name,
        "documents": ingested["documents"],
        "chunks": ingested["chunks"],
        "queries": len(queries),
        "retrieval": retrieval,
        "answers": answers,
        "latency_ms": latency,
        "ingest": ingested["ingest"],
    }
