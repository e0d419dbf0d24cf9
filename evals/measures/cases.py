"""The evaluation cases over the sample company by kind, as the last whole runs of the gate answered them."""

from pathlib import Path

from django.core.management.base import CommandError

from app.quality.models import EvaluationRun
from evals.cases.case import read_cases
from evals.metrics.table import rows as table_rows
from evals.runner.files import read_results, read_run
from evals.runner.modes import Mode
from evals.runner.summary import measured

TITLE = "Cases over the sample company, the half not tuned on"
FIGURES = ("passed", "right_outcome", "fact_recall", "citation_precision", "citation_recall", "recall@8")


def rows(data: Path) -> list[str]:
    """Needs none of the sets below `data`, but a run of each mode: `make eval-gate` makes them."""
    lines: list[str] = []
    for mode in (Mode.EXTRACTIVE, Mode.SCRIPTED):
        lines += ["", *_rows_of(mode)] if lines else _rows_of(mode)
    return lines


def _rows_of(mode: Mode) -> list[str]:
    run = EvaluationRun.objects.filter(mode=mode.value, filters={}).first()
    if run is None:
        raise CommandError(f"There is no whole run in mode {mode.value} yet: run `make eval-gate` first.")
    reported = {case.id for case in read_cases() if not case.is_tuned_on}
    found = [measured(result) for result in read_results(read_run(run.name)) if result.case in reported]
    header, rule, *body = table_rows(found, FIGURES)
    return [header.replace("| cases |", f"| {mode.value}: kind |", 1), rule, *body]
