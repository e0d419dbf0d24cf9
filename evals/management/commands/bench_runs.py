"""`manage.py bench_runs`: what a look at unchanged files costs, and whether two workers are worth it."""

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from evals.bench import unchanged_files, worker_speed
from evals.throwaway import throwaway_database


class Command(BaseCommand):
    help = "Measure a sync of unchanged files, and ingestion by one and by two workers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", choices=("unchanged", "workers"), help="measure one part alone")
        parser.add_argument("--files", type=int, default=50_000)
        parser.add_argument("--documents", type=int, default=200, help="documents that the workers read")

    def handle(self, **options: Any) -> None:
        if options["only"] in (None, "unchanged"):
            self._unchanged(options["files"])
        if options["only"] in (None, "workers"):
            self._workers(options["documents"])

    def _unchanged(self, files: int) -> None:
        with tempfile.TemporaryDirectory() as folder, throwaway_database():
            looks = unchanged_files.measure(Path(folder), files)
        self.stdout.write("| look | files | listing | database | a file | memory |\n|---|---|---|---|---|---|")
        for look in looks:
            self.stdout.write(
                f"| {look.what} | {look.files:,} | {look.listing_s:.1f} s | {look.applying_s:.1f} s "
                f"| {look.per_file_us:.0f} µs | {look.memory_mb} MB |"
            )

    def _workers(self, documents: int) -> None:
        self.stdout.write("| workers | documents a second | chunks a second |\n|---|---|---|")
        for workers in (1, 2):
            figures = worker_speed.measure(workers, documents)
            self.stdout.write(f"| {workers} | {figures['documents_per_s']:.1f} | {figures['chunks_per_s']:.1f} |")
