"""`manage.py eval_gate`: runs all cases and fails where they are worse than the accepted baseline.

With `--prompt` or `--model` it tries what is not in use yet. Where no baseline was accepted for the configured model,
that is compared with a run of what is in use, which is made first if there is none.
"""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evals.cases.case import Case, read_cases
from evals.gate.baseline import BASELINE, Baseline, read_baseline
from evals.gate.compare import Comparison, compare
from evals.gate.in_use import baseline_of, make_run_in_use, run_in_use
from evals.gate.tell import USUAL, told
from evals.gate.verdict import keep_verdict, name_of
from evals.living.command import add_living, gate_living
from evals.management.commands.evaluate import add_tried
from evals.runner.company_database import ensure_template
from evals.runner.files import REPORT
from evals.runner.modes import Mode, NoModel
from evals.runner.run import at_once, run_cases
from evals.runner.stored import NoTables, check_tables, store
from evals.runner.tried import NotThere, Tried, read_tried
from ingestion.progress import progress_bar

USUAL_MODES = [Mode.EXTRACTIVE, Mode.SCRIPTED]


@dataclass(frozen=True, slots=True)
class Against:
    """What is compared with: as it is called in the report, and as it is kept with the run."""

    baseline: Baseline
    words: str
    kept: str


class Command(BaseCommand):
    help = "Compare the product's answers to all cases with those of the accepted baseline; exit code 1 where worse."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mode", action="append", choices=[mode.value for mode in Mode],
                            help="only this mode (may be repeated); by default extractive and scripted, or configured "
                            "where --prompt or --model is given")  # fmt: skip
        add_tried(parser)
        add_living(parser)
        parser.add_argument("--parallel", type=int, default=at_once(), metavar="N", help="questions at once")

    def handle(self, **options: Any) -> None:
        if options["living"]:
            gate_living(self.stdout, options)
            return
        cases, parallel = {case.id: case for case in read_cases()}, max(1, options["parallel"])
        is_tried = options["prompt"] or options["model"]
        modes = [Mode(name) for name in options["mode"] or ([Mode.CONFIGURED] if is_tried else USUAL_MODES)]
        failed = []
        try:
            check_tables()
            tried = {mode: read_tried(options["prompt"], options["model"], mode) for mode in modes}
            with progress_bar("Reading the company") as building:
                ensure_template(building)
            for mode in modes:
                against = self._against(mode, cases, parallel, tried[mode])
                failed += (
                    [mode.value] if self._compared(mode, cases, parallel, tried[mode], against).has_failed() else []
                )
        except (NoTables, NoModel, NotThere) as error:
            raise CommandError(str(error)) from error
        if failed:
            raise CommandError(
                f"The gate failed in mode {' and '.join(failed)}. Mend it; or, where the change is meant, say why: "
                "`manage.py accept_baseline --reason …` (docs/evaluation.md)."
            )

    def _against(self, mode: Mode, cases: Mapping[str, Case], parallel: int, tried: Tried) -> Against:
        baseline = read_baseline()
        if mode in baseline.cases:
            return Against(baseline, USUAL, name_of(baseline, mode))
        if mode is not Mode.CONFIGURED or not tried:
            raise CommandError(
                f"{BASELINE.name} holds nothing for {mode}. Look at a run of `manage.py evaluate --mode {mode}`, "
                "then accept it: `manage.py accept_baseline --reason …`."
            )
        run = run_in_use(cases)
        if run is None:
            self.stdout.write("No run tells yet how good the answers are with what is in use, so that comes first.")
            with progress_bar("Asking, in use") as report:
                run = make_run_in_use(cases, parallel, report)
        return Against(baseline_of(run, mode, cases, baseline), f"{run.name} (what is in use)", run.name)

    def _compared(
        self, mode: Mode, cases: Mapping[str, Case], parallel: int, tried: Tried, against: Against
    ) -> Comparison:
        with progress_bar(f"Asking, {mode}") as report:
            run, results = run_cases(list(cases.values()), mode, parallel, report, {}, tried=tried)
        row = store(run, results)
        found = compare(against.baseline, mode, results, cases, run.made_of)
        keep_verdict(row, found, against.kept)
        self.stdout.write("\n".join([*told(found, against.words), f"  Report: {run.folder / REPORT}", ""]))
        return found
