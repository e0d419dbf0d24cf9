"""`manage.py bench`: measures search, first token and memory, and evaluation sets where there are some."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from app.corpus.terms import fold_changes
from app.providers.registry import get_encoder
from evals.bench import (
    first_token,
    generated,
    growth,
    ingestion_growth,
    memory,
    page,
    protection,
    search_speed,
    streams,
)
from evals.external import load
from evals.management.commands.evaluate import measured
from evals.set_run import Wanted
from evals.throwaway import throwaway_database
from retrieval.search import search

PARTS = ("search", "memory", "sets", "ingestion-growth", "growth", "streams")
# What takes minutes or hours is only measured when it is asked for by name.
PAGE = Path(settings.BASE_DIR) / "docs" / "performance.md"
QUESTIONS = 60


class Command(BaseCommand):
    help = "Measure the figures of docs/performance.md and write them there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--chunks", type=int, default=10_000, help="the size at which search is measured")
        parser.add_argument("--dataset", type=Path, action="append", default=[], help="an evaluation set, repeatable")
        parser.add_argument("--only", choices=PARTS, help="measure one part alone; the last three only so")
        parser.add_argument("--ingested", type=int, default=100_000, help="chunks that ingestion-growth makes")
        parser.add_argument("--made-up", action="store_true", help="ingestion-growth with vectors that cost nothing")
        parser.add_argument("--step", type=int, default=ingestion_growth.STEP, help="chunks between two of its figures")
        parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="for growth")
        parser.add_argument("--keep", action="store_true", help="growth keeps its databases for the next time")
        parser.add_argument("--streamed", type=int, default=600, help="questions that streams asks")
        parser.add_argument("--per-second", type=float, default=streams.QUESTIONS_PER_S, help="how fast streams asks")
        parser.add_argument("--dry", action="store_true", help="print the figures and leave the page as it is")

    def handle(self, **options: Any) -> None:
        only, self._is_dry = options["only"], options["dry"]
        if only in (None, "search"):
            self._search(options["chunks"])
        if only in (None, "memory"):
            self._memory()
        if only in (None, "sets") and options["dataset"]:
            self._sets(options["dataset"])
        if only == "ingestion-growth":
            self._ingestion_growth(options["ingested"], options["step"], made_up=options["made_up"])
        if only == "growth":
            self._growth(options["sizes"], keep=options["keep"])
        if only == "streams":
            self._streams(options["chunks"], options["streamed"], options["per_second"])

    def _search(self, chunks: int) -> None:
        with throwaway_database():
            speed = search_speed.measure(chunks)
            found = generated.queries(QUESTIONS, seed=7)
            asked = [query for query in found if search(query, search_speed.READER)]
            added = first_token.measure(asked)
            costs = protection.measure(asked)
        rows = [
            "| what | figure |", "|---|---|",
            f"| search at {speed['chunks']:,} chunks, p50 · p95 | {speed['search_p50_ms']} · {speed['search_p95_ms']} ms |",
            f"| its parts alone (query embedding, two SQL queries), p50 · p95 | {speed['parts_p50_ms']} · {speed['parts_p95_ms']} ms |",
            f"| whole by parts, p50 · p95 | {speed['ratio_p50']} · **{speed['ratio_p95']}** |",
            f"| added before the first token, p50 · p95 | {added.get('added_p50_ms')} · **{added.get('added_p95_ms')} ms** |",
        ]  # fmt: skip
        self._write("search", rows)
        rows = ["| protection | p50 · p95 |", "|---|---|"]
        rows += [f"| {name} | {costs.p50(name)} · {costs.p95(name)} ms |" for name in costs.ms]
        self._write("protection", rows)

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
                report = measured(load(folder.resolve()), Wanted(answers=False))
            scores, speed, times = report["retrieval"], report["ingest"], report["latency_ms"]
            ratio = speed["chunks_per_s"] / speed["bare_encoder_chunks_per_s"]
            rows.append(
                f"| {report['dataset']} | {report['documents']:,} | {report['chunks']:,} | **{scores['ndcg@10']:.3f}** "
                f"| {scores['mrr@10']:.3f} | {scores['recall@10']:.3f} | {ratio:.2f} "
                f"| {times['search_p50']} · {times['search_p95']} ms |"
            )
        self._write("sets", rows)

    def _ingestion_growth(self, chunks: int, step: int, *, made_up: bool) -> None:
        with throwaway_database():
            steps = ingestion_growth.measure(chunks, step, made_up=made_up, report=self._say_step)
        evened = ingestion_growth.with_the_encoder_at_its_mean(steps)
        rows = [
            "| chunks | chunks/s since the row above | of that time in the encoder | chunks/s with the encoder at its mean speed "
            "| by the first row | memory of the process | of its database backend |",
            "|---|---|---|---|---|---|---|",
        ]
        rows += [
            f"| {each.chunks:,} | {each.chunks_per_s:.1f} | {each.encoder_seconds / each.seconds:.0%} | {even:.1f} "
            f"| **{even / evened[0]:.2f}** | {each.process_mb} MB | {each.database_mb} MB |"
            for each, even in zip(steps, evened, strict=True)
        ]
        self._write("ingestion-growth-made-up" if made_up else "ingestion-growth", rows)

    def _say_step(self, step: ingestion_growth.Step) -> None:
        self.stdout.write(
            f"{step.chunks:,} chunks: {step.chunks_per_s:.1f} a second, {step.encoder_seconds / step.seconds:.0%} of the time in the encoder"
        )
        self.stdout.flush()

    def _growth(self, sizes: list[int], *, keep: bool) -> None:
        measured_sizes = growth.measure(sizes, keep=keep)
        rows = [
            "| chunks | search p50 · p95 | p95 by the smallest | recall@10 of the index | the index made in |",
            "|---|---|---|---|---|",
        ]
        rows += [
            f"| {each.chunks:,} | {each.p50_ms} · {each.p95_ms} ms | **{each.p95_ms / measured_sizes[0].p95_ms:.2f}** "
            f"| **{each.recall:.3f}** | {each.index_s} s |"
            for each in measured_sizes
        ]
        self._write("growth", rows)

    def _streams(self, chunks: int, questions: int, per_s: float) -> None:
        with throwaway_database():
            generated.fill(chunks, get_encoder().dimensions)
            fold_changes()
            asked = [query for query in generated.queries(questions * 2, seed=7) if search(query, search_speed.READER)]
            seen = streams.measure(asked[:questions], per_s)
        for error in sorted(set(seen.errors)):
            self.stdout.write(f"error: {error}")
        rows = [
            "| what | figure |", "|---|---|",
            f"| answers streamed, at {per_s:g} questions a second | {seen.asked:,} |",
            f"| at most at once | {seen.most_at_once} |",
            f"| errors | **{len(seen.errors)}** |",
            f"| answers without a streamed token | {seen.without_tokens} |",
            f"| added before the first token, p50 · p95 | {seen.added(50)} · **{seen.added(95)} ms** |",
        ]  # fmt: skip
        self._write("streams", rows)

    def _write(self, section: str, rows: list[str]) -> None:
        self.stdout.write("\n".join(rows))
        if self._is_dry:
            return
        page.write(PAGE, section, rows)
