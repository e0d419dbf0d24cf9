"""How often an answer is given again to a paraphrase, how often to a look-alike, how fast, and what that saves."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from statistics import quantiles

import numpy as np
from django.test import override_settings
from django.utils import timezone

from app.accounts.models import User
from app.answers.asking import ask
from app.answers.models import Answer
from app.answers.reusing.keys import Asked
from app.answers.reusing.meaning import same_meaning, same_words
from app.answers.reusing.saved import savings
from app.answers.reusing.telling import normalised, telling
from app.answers.running import listen
from app.corpus.access import reader_for
from app.providers.registry import forget, get_encoder
from app.telemetry.threads import in_thread
from evals.bench.first_token import mock_model
from evals.external import load
from evals.halves import is_tuned_on
from evals.measure_set import ingest
from evals.throwaway import throwaway_database
from ingestion.progress import progress_bar

TITLE = "Answers given again"
SETS = {"questions (QQP)": "cache_qqp", "statements (MRPC)": "cache_mrpc"}
MODEL = "mock-ttft300-itl10-cite"
QUESTIONS = 60
PRICES = {"LLM_INPUT_USD_PER_MILLION": 2.5, "LLM_OUTPUT_USD_PER_MILLION": 10.0}
Pair = tuple[Asked, Asked]


def rows(data: Path) -> list[str]:
    lines = [
        "| pairs, the half not tuned on | same meaning | look-alikes | rule | given again | given again falsely |",
        "|---|---|---|---|---|---|",
    ]
    for name, folder in SETS.items():
        lines += _pair_rows(name, data / folder / "pairs.jsonl")
    return [*lines, "", *_time_rows(data / "mtrag")]


def _pair_rows(name: str, file: Path) -> list[str]:
    found = [row for line in file.read_text(encoding="utf-8").split("\n") if line.strip() for row in [json.loads(line)]]
    held = [row for row in found if not is_tuned_on(row["pair_id"])]
    asked = _asked_all([row["text_a"] for row in held] + [row["text_b"] for row in held])
    pairs = [(asked[row["text_a"]], asked[row["text_b"]]) for row in held]
    same = [pair for pair, row in zip(pairs, held, strict=True) if row["label"]]
    other = [pair for pair, row in zip(pairs, held, strict=True) if not row["label"]]
    rules: dict[str, Callable[[Pair], bool]] = {
        "cosine ≥ 0.90 alone": lambda pair: _cosine(pair) >= 0.90,
        "cosine ≥ 0.97 alone": lambda pair: _cosine(pair) >= 0.97,
        "same words": lambda pair: same_words(*pair),
        "**same meaning**": lambda pair: same_words(*pair) or same_meaning(*pair),
    }
    return [
        f"| {name} | {len(same)} | {len(other)} | {label} | {_share(rule, same):.1%} | {_share(rule, other):.2%} |"
        for label, rule in rules.items()
    ]


def _asked_all(texts: Sequence[str]) -> dict[str, Asked]:
    own = sorted(set(texts))
    encoder = get_encoder()
    with progress_bar("Encoding questions") as report:
        report(0, 1)
        vectors = encoder.encode_passages(own)
    return {
        text: Asked(text, normalised(text), telling(text, ""), vector.astype(np.float32).tobytes(), encoder.name)
        for text, vector in zip(own, vectors, strict=True)
    }


def _cosine(pair: Pair) -> float:
    one, other = (np.frombuffer(each.vector, dtype=np.float32) for each in pair)
    return float(one @ other)


def _share(rule: Callable[[Pair], bool], pairs: Sequence[Pair]) -> float:
    return sum(map(rule, pairs)) / len(pairs) if pairs else 0.0


def _time_rows(folder: Path) -> list[str]:
    """The same questions asked twice of one corpus, the second time by somebody else."""
    dataset = load(folder)
    questions = list(dict.fromkeys(query.question for query in dataset.queries if query.answerable))[: QUESTIONS + 1]
    with throwaway_database(), progress_bar("Reuse") as report:
        ingest(dataset, report)
        people = [User.objects.create_user(f"{name}@localhost") for name in ("first", "second")]
        with mock_model() as url, override_settings(LLM_BASE_URL=url, LLM_MODEL=MODEL, ATTEST_LIMITS=["off"], **PRICES):
            forget()
            began = timezone.now()
            first = asyncio.run(_ask_all(people[0], questions))[1:]
            again = asyncio.run(_ask_all(people[1], questions))[1:]
            saved = savings(began, timezone.now())
        forget()
        with override_settings(LLM_BASE_URL="", LLM_MODEL="", ATTEST_LIMITS=["off"]):
            quoted = asyncio.run(_ask_all(people[0], questions))[1:]
    kept = [answer for answer, _ in first if hasattr(answer, "reusable")]
    reused = [took for answer, took in again if answer.reused_from_id]
    cost = sum((answer.cost_usd for answer, _ in first), Decimal(0))
    return [
        "| asked twice of mtrag, model with 300 ms to its first token | |",
        "|---|---|",
        f"| questions | {len(first)} |",
        f"| kept of the first answers | {len(kept)} |",
        f"| given again of those kept | {len(reused)} |",
        f"| first answers, p50 / p95 ms | {_cuts([took for _, took in first])} |",
        f"| the same questions without a model, quoted, p50 / p95 ms | {_cuts([took for _, took in quoted])} |",
        f"| answers given again, whole, p50 / p95 ms | **{_cuts(reused)}** |",
        f"| of this the step reuse, p50 / p95 ms | {_cuts([_step_ms(a) for a, _ in again if a.reused_from_id])} |",
        f"| cost of the first answers at 2.50 and 10 USD a million tokens | {cost:.4f} USD |",
        f"| saved by giving again | {saved.cost_usd:.4f} USD |",
    ]


async def _ask_all(user: User, questions: Sequence[str]) -> list[tuple[Answer, float]]:
    return [await _asked(user, question) for question in questions]


async def _asked(user: User, text: str) -> tuple[Answer, float]:
    """The answer and the milliseconds from the question to its row."""
    began = time.perf_counter()
    question = await in_thread(ask, user, text)
    async for _ in listen(question.pk, await in_thread(reader_for, user)):
        pass
    took = (time.perf_counter() - began) * 1000
    return await in_thread(
        Answer.objects.select_related("reusable").prefetch_related("steps").get, question=question
    ), took


def _step_ms(answer: Answer) -> float:
    return next(step.took_ms for step in answer.steps.all() if step.name == "reuse")


def _cuts(times: Sequence[float]) -> str:
    if len(times) < 2:
        return "–"
    cuts = quantiles(times, n=100, method="inclusive")
    return f"{cuts[49]:.0f} / {cuts[94]:.0f}"
