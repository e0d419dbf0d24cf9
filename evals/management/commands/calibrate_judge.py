"""`manage.py calibrate_judge FILE`: lets the judge grade answers that people graded, and shows how far they agree."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.prompts.active import active_prompt, load_active_prompts
from evals.judge.agreement import rows
from evals.judge.asking import PROMPT, judge_model
from evals.judge.calibration import CalibrationError, calibrated, read
from evals.judge.errors import NoJudge
from ingestion.progress import progress_bar

MOST_ERRORS = 10


class Command(BaseCommand):
    help = "Show how far the model judge agrees with people on answers that they graded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the graded answers, a line of JSON each")

    def handle(self, **options: Any) -> None:
        load_active_prompts()
        try:
            graded, model = read(options["file"]), judge_model()
        except (CalibrationError, NoJudge) as error:
            raise CommandError(str(error)) from error
        with progress_bar(f"{len(graded)} answers") as progress:
            found = calibrated(graded, model, progress)
        for name, why in list(found.errors.items())[:MOST_ERRORS]:
            self.stderr.write(f"{name}: {why}")
        if len(found.errors) == len(graded):
            raise CommandError("The judge graded no answer.")
        self.stdout.write("\n".join(rows(found.pairs)))
        self.stdout.write(
            f"\nJudge: {model.name}, rubric {active_prompt(PROMPT).version}; "
            f"{found.prompt_tokens} tokens read, {found.completion_tokens} written."
        )
