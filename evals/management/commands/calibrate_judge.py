"""`manage.py calibrate_judge [FILE]`: lets the judge grade answers that people graded, and shows how far they agree."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.quality.judges import Judge, judge_in_use
from evals.judge.agreement import rows
from evals.judge.asking import judge_model
from evals.judge.calibration import CalibrationError, Graded, calibrated, keep, of_reviews, read
from evals.judge.errors import NoJudge
from ingestion.progress import progress_bar

MOST_ERRORS = 10


class Command(BaseCommand):
    help = "Show how far the model judge agrees with people on answers that they graded, and keep that."

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = "the graded answers, a line of JSON each; else those that reviewers graded here"
        parser.add_argument("file", type=Path, nargs="?", help=words)

    def handle(self, **options: Any) -> None:
        try:
            graded = read(options["file"]) if options["file"] else of_reviews()
            judge, model = judge_in_use(), judge_model()
        except (CalibrationError, NoJudge) as error:
            raise CommandError(str(error)) from error
        with progress_bar(f"{len(graded)} answers") as progress:
            found = calibrated(graded, model, progress)
        for name, why in list(found.errors.items())[:MOST_ERRORS]:
            self.stderr.write(f"{name}: {why}")
        if len(found.errors) == len(graded) or judge is None:
            raise CommandError("The judge graded no answer.")
        keep(judge, found)
        self.stdout.write("\n".join(rows(found.pairs)))
        self.stdout.write(_last_line(judge, graded, found.prompt_tokens, found.completion_tokens))


def _last_line(judge: Judge, graded: Sequence[Graded], read_tokens: int, written: int) -> str:
    return (
        f"\nJudge: {judge.called} ({judge.model}), rubric {judge.rubric}; {len(graded)} answers, {read_tokens} tokens "
        f"read, {written} written. Kept: the page on agreement of reviewers shows it from now on."
    )
