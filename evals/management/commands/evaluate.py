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
from evals.runner.files import REPORT, RESULTS, NoSuchRun, Run, why_failed
from evals.runner.modes import Mode, NoModel
from evals.runner.run import Wanted, at_once, resume, run_cases
from evals.runner.scoring import Result
from evals.runner.stored import NoTables, check_tables, store
from evals.runner.summary import measured as figures_of
from evals.runner.summary import summarised
from evals.runner.tried import NotThere, read_tried
from evals.set_run import Rows, SetRun, begun, gone_on_with, read_set_run
from evals.set_run import Wanted as SetWanted
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
        cases.add_argument(
            "--resume", metavar="RUN", help="go on with a run that was cut off, also one over an evaluation set"
        )
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
        wanted = SetWanted(options["queries"], not options["without_answers"], options["branches"])
        try:
            folder = options["dataset"].expanduser().resolve()
            dataset = load(folder)
            if options["resume"]:
                read_set_run(options["resume"])
            with throwaway_database():
                run = gone_on_with(options["resume"], folder, wanted) if options["resume"] else begun(folder, wanted)
                self.stderr.write(
                    f"Each question: {run.folder / RESULTS}. If it is cut off: --dataset … --resume {run.name}", str
                )
                report = measured_in(run, dataset)
        except (DatasetError, NoSuchRun) as error:
            raise CommandError(str(error)) from error
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


def measured_in(run: SetRun, dataset: Dataset) -> measure_set.Report:
    """What the run lacks, in its own empty database; each question is written down as soon as it is done."""
    rows, before = run.rows(), run.ingested()
    with progress_bar("Ingesting") as progress:
        ingested = measure_set.fill(dataset, progress) if before else measure_set.ingest(dataset, progress)
    # Speeds are those of the first time, when nothing had been read yet.
    run.keep_ingested(before or ingested)
    report = _report(dataset, run.wanted, before or ingested, rows)
    run.finish(rows, report)
    return report


def measured(dataset: Dataset, wanted: SetWanted) -> measure_set.Report:
    """The same without a run: nothing is kept."""
    with progress_bar("Ingesting") as progress:
        ingested = measure_set.ingest(dataset, progress)
    return _report(dataset, wanted, ingested, Rows())


def _report(dataset: Dataset, wanted: SetWanted, ingested: measure_set.Report, rows: Rows) -> measure_set.Report:
    queries = wanted.of(dataset)
    with progress_bar("Searching") as report:
        retrieval, latency = measure_set.retrieval(queries, report, rows)
    if wanted.branches:
        with progress_bar("Each branch alone") as report:
            retrieval |= measure_set.branches(queries, report, rows)
    answers: measure_set.Report | None = None
    if wanted.answers:
        with progress_bar("Answering") as report:
            answers = measure_set.answers(queries, report, rows)
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
