"""`manage.py lint_cases`: refuses evaluation cases that are broken or double, counts them, draws some to be read."""

import random
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.reviews.case_format import KINDS
from evals.cases.case import CASES, Case, read_lines
from evals.cases.linter import lint
from evals.cases.sample_company import sample_company


class Command(BaseCommand):
    help = "Check the evaluation cases over the sample company."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=Path, default=CASES, help="another folder of cases")
        parser.add_argument("--count", action="store_true", help="print how many there are, by kind and half")
        parser.add_argument("--draw", type=int, metavar="N", help="print N random questions without what is expected")
        parser.add_argument("--seed", type=int, default=7, help="the same seed draws the same questions")

    def handle(self, **options: Any) -> None:
        if not options["cases"].is_dir():
            raise CommandError(f"{options['cases']} is no folder.")
        lines = read_lines(options["cases"])
        if problems := lint(lines, sample_company()):
            raise CommandError("\n".join([*map(str, problems), f"{len(problems)} problems in {len(lines)} cases."]))
        cases = [line.case for line in lines if line.case is not None]
        if options["draw"]:
            rows = drawn(cases, options["draw"], options["seed"])
        else:
            rows = table(cases) if options["count"] else [f"{len(cases)} cases, no problem."]
        self.stdout.write("\n".join(rows))


def table(cases: Sequence[Case]) -> list[str]:
    """How many cases of each kind are in each half; a case of two kinds counts for both, so columns do not add up."""
    tuned, reported = ([case for case in cases if case.is_tuned_on == half] for half in (True, False))
    columns = [Counter(tag for case in half for tag in case.tags) for half in (cases, tuned, reported)]
    return [
        "| kind | cases | tuning half | reporting half |",
        "|---|---|---|---|",
        *("| " + " | ".join([kind, *(str(column[kind]) for column in columns)]) + " |" for kind in KINDS),
        f"| all | {len(cases)} | {len(tuned)} | {len(reported)} |",
    ]


def drawn(cases: Sequence[Case], most: int, seed: int) -> list[str]:
    """For a reader who answers from the documents first and looks at the case afterwards."""
    chance = random.Random(seed)  # noqa: S311 - it must be repeatable
    chosen = chance.sample(sorted(cases, key=lambda case: case.id), min(most, len(cases)))
    return [f"{case.id} · {case.asker} · {' → '.join([*_before(case), case.question])}" for case in chosen]


def _before(case: Case) -> list[str]:
    return [f"{turn.question} [{turn.answer}]" for turn in case.history]
