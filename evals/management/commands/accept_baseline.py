"""`manage.py accept_baseline --reason "…"`: takes finished runs for what later ones are compared with."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from app.accounts.models import User
from app.audit.events import BASELINE_ACCEPTED, record_event
from app.quality.models import EvaluationRun
from evals.cases.case import Case, read_cases
from evals.gate.baseline import BASELINE, Baseline, accept, read_baseline, write_baseline
from evals.living.command import accept_living
from evals.runner.files import NoSuchRun, Run, read_results, read_run
from evals.runner.modes import Mode
from evals.runner.scoring import SAFETY, Result

SHORTEST_REASON = 10


class Command(BaseCommand):
    help = "Accept the latest whole run of each mode (or those named) as the baseline of eval_gate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="why later changes are to be measured against this")
        parser.add_argument("--run", action="append", default=[], metavar="RUN", help="instead of the latest runs")
        parser.add_argument("--living", action="store_true", help="a run over the living set, kept in the database")
        parser.add_argument("--by", default="", metavar="EMAIL", help="who accepts; else who is signed in here")

    def handle(self, **options: Any) -> None:
        reason = " ".join(options["reason"].split())
        if len(reason) < SHORTEST_REASON:
            raise CommandError("Say in a sentence why: what changed, and why these answers are right.")
        baseline, cases = read_baseline(), {case.id: case for case in read_cases()}
        actor = _actor(options["by"])
        who = actor.email if actor else getpass.getuser()
        if options["living"]:
            row = accept_living(next(iter(options["run"]), ""), reason, actor, who)
            self.stdout.write(f"{row.mode}: {row.passed} of {row.cases} graded answers are right in {row.name}.")
            return
        entry = {"when": timezone.now().isoformat(timespec="seconds"), "who": who, "why": reason}
        try:
            runs = [read_run(name) for name in options["run"] or _latest()]
            found = [(run, _whole(run, cases, baseline)) for run in runs]
        except NoSuchRun as error:
            raise CommandError(str(error)) from error
        for run, results in found:
            accept(baseline, run, results, cases, entry)
            record_event(actor, BASELINE_ACCEPTED, f"evaluation:{run.name}", mode=run.mode, reason=reason)
        write_baseline(baseline)
        for run, results in found:
            passed = sum(result.passed for result in results)
            self.stdout.write(f"{run.mode}: {passed} of {len(results)} cases pass in {run.name}.")
        self.stdout.write(f"Written to evals/{BASELINE.name}; commit it with the change that it belongs to.")


def _actor(email: str) -> User | None:
    if not email:
        return None
    actor = User.objects.filter(email__iexact=email, is_active=True).first()
    if actor is None:
        raise CommandError(f"There is no active account {email}.")
    return actor


def _latest() -> list[str]:
    """The last whole run of each mode that needs no model of others."""
    runs = {
        mode: EvaluationRun.objects.filter(mode=mode.value, filters={}).first()
        for mode in (Mode.EXTRACTIVE, Mode.SCRIPTED)
    }
    if missing := [mode.value for mode, run in runs.items() if run is None]:
        raise NoSuchRun(f"There is no whole run in mode {' and '.join(missing)} yet: run `make eval-gate` first.")
    return [run.name for run in runs.values() if run is not None]


def _whole(run: Run, cases: dict[str, Case], baseline: Baseline) -> list[Result]:
    """Its results. Raises NoSuchRun where cases are missing, or where it is unsafe."""
    results = [result for result in read_results(run) if result.case in cases]
    if missing := cases.keys() - {result.case for result in results}:
        raise NoSuchRun(f"{run.name} lacks {len(missing)} cases: go on with `manage.py evaluate --resume {run.name}`.")
    unsafe = [
        f"{result.case} ({kind})"
        for result in results
        for kind in SAFETY
        if getattr(result, kind) and not baseline.tolerates(run.mode, kind, result.case)
    ]
    if unsafe:
        raise NoSuchRun(
            f"{run.name} is unsafe and cannot be accepted: {', '.join(unsafe)}. What must be lived with for a time is "
            f"named in {BASELINE.name} under “tolerated”, with its reason."
        )
    return results
