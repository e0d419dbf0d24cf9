"""`manage.py measure NAME …`: figures on how far answers can be trusted, written into docs/quality.md."""

import pkgutil
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from evals import measures
from evals.bench import page

PAGE = Path(settings.BASE_DIR) / "docs" / "quality.md"
DATA = Path(settings.BASE_DIR).parent / "shared" / "data"


class Command(BaseCommand):
    help = "Measure follow-ups, checks, reuse, personal data and injection, and write the figures into docs/quality.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", choices=[*known(), []], metavar="NAME", help=", ".join(known()))
        parser.add_argument("--data", type=Path, default=DATA, help="the folder of the evaluation sets")
        parser.add_argument("--dry", action="store_true", help="print the figures and leave the page as it is")

    def handle(self, **options: Any) -> None:
        if not options["data"].is_dir():
            raise CommandError(f"{options['data']} is no folder. Name the one with the evaluation sets by --data.")
        for name in options["names"] or known():
            module = import_module(f"evals.measures.{name.replace('-', '_')}")
            rows = module.rows(options["data"])
            self.stdout.write("\n".join([module.TITLE, *rows]))
            if not options["dry"]:
                page.write(PAGE, name, rows)


def known() -> list[str]:
    found = (module.name.replace("_", "-") for module in pkgutil.iter_modules(measures.__path__))
    return sorted(name for name in found if name != "tests")
