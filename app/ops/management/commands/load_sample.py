"""`manage.py load_sample`: the sample company, with a progress bar for each of its sources."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from app.ops.sample_company import company, load_people, load_sources
from ingestion.foreground import run_source
from ingestion.progress import progress_bar
from ingestion.status import source_status


class Command(BaseCommand):
    help = "Load the sample company (only where DEBUG is on)."

    def handle(self, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The sample company is for development; set DEBUG=true to load it.")
        load_people()
        total = failed = 0
        for source in load_sources():
            with progress_bar(f"{source.name:<24}") as report:
                run_source(source, report)
            status = source_status(source)
            total, failed = total + status.searchable, failed + status.failed
        note = f", {failed} could not be read" if failed else ""
        self.stdout.write(f"{company()['company']['name']}: {total} documents can be searched{note}.")
