"""`manage.py evaluate --dataset DIR`: measures the product on an evaluation set, in a throw-away database."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evals import measure_set
from evals.external import Dataset, DatasetError, load
from evals.throwaway import throwaway_database
from ingestion.progress import progress_bar


class Command(BaseCommand):
    help = "Ingest an evaluation set through the real pipeline and measure search and quoted answers on it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", required=True, type=Path, help="a folder with corpus.jsonl and queries.jsonl")
        parser.add_argument("--queries", type=int, default=0, metavar="N", help="only the first N questions")
        parser.add_argument("--without-answers", action="store_true", help="measure ingestion and search only")
        parser.add_argument("--branches", action="store_true", help="also measure each branch of search alone")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, **options: Any) -> None:
        try:
            dataset = load(options["dataset"].expanduser().resolve())
        except DatasetError as error:
            raise CommandError(str(error)) from error
        with throwaway_database():
            report = measured(
                dataset, options["queries"], with_answers=not options["without_answers"], alone=options["branches"]
            )
        self.stdout.write(json.dumps(report) if options["json"] else json.dumps(report, indent=2))


def measured(dataset: Dataset, most: int, *, with_answers: bool, alone: bool = False) -> measure_set.Report:
    queries = dataset.queries[:most] if most else dataset.queries
    with progress_bar("Ingesting") as report:
        ingested = measure_set.ingest(dataset, report)
    with progress_bar("Searching") as report:
        retrieval, latency = measure_set.retrieval(queries, report)
    if alone:
        with progress_bar("Each branch alone") as report:
            retrieval |= measure_set.branches(queries, report)
    answers: measure_set.Report | None = None
    if with_answers:
        with progress_bar("Answering") as report:
            answers = measure_set.answers(queries, report)
    return {
        "dataset": dataset.name,
        "documents": ingested["documents"],
        "chunks": ingested["chunks"],
        "queries": len(queries),
        "retrieval": retrieval,
        "answers": answers,
        "latency_ms": latency,
        "ingest": ingested["ingest"],
    }
