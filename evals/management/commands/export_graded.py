"""`manage.py export_graded FILE`: graded answers as `calibrate_judge` reads them, without what is personal."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from evals.judge.graded import graded_rows


class Command(BaseCommand):
    help = "Write the answers that people graded to FILE, a line of JSON each, to calibrate a judge with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, **options: Any) -> None:
        rows = list(graded_rows())
        options["file"].write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
        self.stdout.write(f"{len(rows)} graded answers in {options['file']}. They quote documents: keep them inside.")
