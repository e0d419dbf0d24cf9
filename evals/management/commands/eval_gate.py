"""`manage.py eval_gate`: runs all cases and fails where they are worse than the accepted baseline."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evals.cases.case import read_cases
from evals.gate.baseline import BASELINE, read_baseline
from evals.gate.compare import compare
from evals.gate.tell import told
from evals.runner.company_database import ensure_template
from evals.runner.files import REPORT
from evals.runner.modes import Mode, NoModel
from evals.runner.run import at_once, run_cases
from evals.runner.stored import NoTables, check_tables, store
from ingestion.progress import progress_bar

USUAL = [Mode.EXTRACTIVE, Mode.SCRIPTED]


class Command(BaseCommand):
    help = "Compare the product's answers to all cases with those of the accepted baseline; exit code 1 where worse."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mode", action="append", choices=[mode.value for mode in Mode],
                            help="only this mode (may be repeated); by default extractive and scripted")  # fmt: skip
        parser.add_argument("--parallel", type=int, default=at_once(), metavar="N", help="questions at once")

    def handle(self, **options: Any) -> None:
        baseline, cases = read_baseline(), {case.id: case for case in read_cases()}
        failed = []
        try:
            check_tables()
        except NoTables as error:
            raise CommandError(str(error)) from error
        with progress_bar("Reading the company") as building:
            ensure_template(building)
        for mode in [Mode(name) for name in options["mode"] or USUAL]:
            if mode not in baseline.cases:
                raise CommandError(
                    f"{BASELINE.name} holds nothing for {mode}. Look at a run of `manage.py evaluate --mode {mode}`, "
                    "then accept it: `manage.py accept_baseline --reason …`."
                )
            try:
                with progress_bar(f"Asking, {mode}") as report:
                    run, results = run_cases(list(cases.values()), mode, max(1, options["parallel"]), report, {})
            except NoModel as error:
                raise CommandError(str(error)) from error
            store(run, results)
            found = compare(baseline, mode, results, cases, run.made_of)
            self.stdout.write("\n".join([*told(found), f"  Report: {run.folder / REPORT}", ""]))
            failed += [mode.value] if found.has_failed() else []
        if failed:
            raise CommandError(
                f"The gate failed in mode {' and '.join(failed)}. Mend it; or, where the change is meant, say why: "
                "`manage.py accept_baseline --reason …` (docs/evaluation.md)."
            )
