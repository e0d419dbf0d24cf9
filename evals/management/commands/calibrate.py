"""`manage.py calibrate --dataset DIR …`: fits when an answer should be attempted at all."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evals import measure_set
from evals.answering import questions
from evals.calibration import THRESHOLDS, Case, Fit, cases, fitted
from evals.external import DatasetError, load
from evals.throwaway import throwaway_database
from ingestion.progress import progress_bar

# Of each set, spread over the whole of it.
MOST_ASKED = 600


class Command(BaseCommand):
    help = "Fit the weights of app/answers/steps/answerability.py on evaluation sets and print how they do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", required=True, type=Path, action="append", help="may be given several times")

    def handle(self, **options: Any) -> None:
        try:
            folders = [folder.expanduser().resolve() for folder in options["dataset"]]
            sets = [load(folder) for folder in folders]
        except DatasetError as error:
            raise CommandError(str(error)) from error
        asked = {folder.name: questions(folder, most=MOST_ASKED) for folder in folders}
        found: list[Case] = []
        for dataset in sets:
            others = [own for name, own in asked.items() if name != dataset.name]
            with throwaway_database():
                with progress_bar(f"Ingesting {dataset.name}") as report:
                    measure_set.fill(dataset, report)
                with progress_bar(f"Asking {dataset.name}") as report:
                    found += cases(dataset.name, asked[dataset.name], others, report)
        self.stdout.write("\n".join(table(fitted(found))))


def table(fit: Fit) -> list[str]:
    """The weights, then shares attempted: a threshold is chosen on the first half, and the other says what it does."""
    return [
        f"INTERCEPT = {fit.intercept}",
        f"WEIGHTS = {fit.weights}",
        *_shares("half fitted on", fit.tuned),
        *_shares("half held out", fit.attempted),
    ]


def _shares(name: str, attempted: dict[str, dict[float, float]]) -> list[str]:
    title = f"share attempted, {name}"
    width = max(len(each) for each in [title, *attempted])
    return [
        f"{title:<{width}}" + "".join(f" {threshold:>6}" for threshold in THRESHOLDS),
        *(
            f"{group:<{width}}" + "".join(f" {shares[threshold]:>6.2f}" for threshold in THRESHOLDS)
            for group, shares in attempted.items()
        ),
    ]
