"""`manage.py bench`: measures search, first token and memory, and evaluation sets where there are some."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from evals.bench import first_token, generated, memory, page, search_speed
from evals.external import load
from evals.management.commands.evaluate import measured
from evals.throwaway import throwaway_database
from retrieval.search import search

PAGE = Path(settings.BASE_DIR) / "docs" / "performance.md"
QUESTIONS = 60


class Command(BaseCommand):
    help = "Measure the figures of docs/performance.md and write them there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--chunks", type=int, default=10_000, help="the size at which search is measured")
        parser.add_argument("--dataset", type=Path, action="append", default=[], help="an evaluation set, repeatable")
        parser.add_argument("--only", choices=("search", "memory", "sets"), help="measure one part alone")

    def handle(self, **options: Any) -> None:
        only = options["only"]
        if only in (None, "search"):
            self._search(options["chunks"])
        if only in (None, "memory"):
            self._memory()
        if only in (None, "sets") and options["dataset"]:
            self._sets(options["dataset"])

    def _search(self, chunks: int) -> None:
        with throwaway_database():
            speed = search_speed.measure(chunks)
            found = generated.queries(QUESTIONS, seed=7)
            added = first_token.measure([query for query in found if search(query, search_speed.READER)])
        rows = [
            "| what | figure |", "|---|---|",
            f"| search at {speed['chunks']:,} chunks, p50 · p95 | {speed['search_p50_ms']} · {speed['search_p95_ms']} ms |",
            f"| its parts alone (query embedding, two SQL queries), p50 · p95 | {speed['parts_p50_ms']} · {speed['parts_p95_ms']} ms |",
            f"| whole by parts, p50 · p95 | {speed['ratio_p50']} · **{speed['ratio_p95']}** |",
            f"| added before the first token, p50 · p95 | {added.get('added_p50_ms')} · **{added.get('added_p95_ms')} ms** |",
        ]  # fmt: skip
        self._write("search", rows)

    def _memory(self) -> None:
        held = memory.measure(Path(settings.ATTEST_DATA_DIR))
        if held is None:
            self.stdout.write("Memory: not measured, as `make run` is not running on this data folder.")
            return
        self._write("memory", ["| what | figure |", "|---|---|",
                               f"| {held['processes']} processes, sample loaded, in all | **{held['total_mb']} MB** |"])  # fmt: skip

    def _sets(self, folders: list[Path]) -> None:
        rows = ["| set | documents | chunks | nDCG@10 | MRR@10 | recall@10 | ingestion by bare encoder | search p50 · p95 |",
                "|---|---|---|---|---|---|---|---|"]  # fmt: skip
        for folder in folders:
            with throwaway_database():
                report = measured(load(folder.resolve()), 0, with_answers=False)
            scores, speed, times = report["retrieval"], report["ingest"], report["latency_ms"]
            ratio = speed["chunks_per_s"] / speed["bare_encoder_chunks_per_s"]
            rows.append(
                f"| {report['dataset']} | {report['documents']:,} | {report['chunks']:,} | **{scores['ndcg@10']:.3f}** "
                f"| {scores['mrr@10']:.3f} | {scores['recall@10']:.3f} | {ratio:.2f} "
                f"| {times['search_p50']} · {times['search_p95']} ms |"
            )
        self._write("sets", rows)

    def _write(self, section: str, rows: list[str]) -> None:
        self.stdout.write("\n".join(rows))
        page.write(PAGE, section, rows)
