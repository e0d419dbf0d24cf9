"""`manage.py audit_dependencies --advisories PATH`: whether a pinned requirement has a known weakness."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.ops.advisories import AdvisoriesError, findings, pins, read


class Command(BaseCommand):
    help = "Compare requirements.txt with advisories in the OSV format on this machine; nothing is asked elsewhere."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--advisories", type=Path, required=True, help="A folder or a ZIP of OSV files.")
        parser.add_argument("--requirements", type=Path, default=settings.BASE_DIR / "requirements.txt")

    def handle(self, **options: Any) -> None:
        pinned = pins(options["requirements"].read_text())
        try:
            found = findings(pinned, read(options["advisories"]))
        except AdvisoriesError as error:
            raise CommandError(str(error)) from None
        for each in found:
            self.stdout.write(str(each))
        if found:
            raise CommandError(f"{len(found)} of the advisories are about {len({one.name for one in found})} packages.")
        self.stdout.write(f"No advisory is about one of the {len(pinned)} pinned packages.")
