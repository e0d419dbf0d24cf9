"""`manage.py calibrate_judge [FILE]`: lets the judge grade answers that people graded, and shows how far they agree."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.quality.judges import Judge, judge_in_use
from evals.judge.agreement import rows
from evals.judge.asking import judge_model
from evals.judge.calibration import Calibrated, CalibrationError, calibrated, keep, of_reviews, read
from evals.judge.errors import NoJudge
from ingestion.progress import progress_bar

MOST_ERRORS = 10


class Command(BaseCommand):
    help = "Show how far the model judge agrees with people on answers that they graded, and keep that."

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = "the graded answers, a line of JSON each; else those that reviewers graded here"
        parser.add_argument("file", type=Path, nargs="?", help=words)

    def handle(self, **options: Any) -> None:
        file: Path | None = options["file"]
        try:
            graded = read(file) if file else of_reviews()
            judge, model = judge_in_use(), judge_model()
        except (CalibrationError, NoJudge) as error:
            raise CommandError(str(error)) from error
        with progress_bar(f"{len(graded)} answers") as progress:
            found = calibrated(graded, model, progress)
        self.stderr.write("\n".join(_why_not(found)))
        if judge is None or not found.replied:
            raise CommandError("The judge graded no answer, as it could not be asked. Nothing is kept.")
        keep(judge, found, file.name if file else "")
        self.stdout.write("\n".join(rows(found.pairs)))
        self.stdout.write(_last_line(judge, found))


def _why_not(found: Calibrated) -> list[str]:
    """A line for each of the first answers without grades, and how many there are of each kind."""
    left = list(found.errors.items())
    if not left:
        return []
    unasked = len(left) - found.unreadable
    more = [f"… and {len(left) - MOST_ERRORS} more."] if len(left) > MOST_ERRORS else []
    counted = f"Without grades: {found.unreadable} replies that could not be read, {unasked} times no whole reply."
    return [*(f"{name}: {why}" for name, why in left[:MOST_ERRORS]), *more, counted]


def _last_line(judge: Judge, found: Calibrated) -> str:
    return (
        f"\nJudge: {judge.called} ({judge.model}), rubric {judge.rubric}; {len(found.pairs)} answers, "
        f"{found.prompt_tokens} tokens read, {found.completion_tokens} written. "
        "Kept: the page on agreement of reviewers shows it from now on."
    )
