"""What each protection of an answer costs by itself, on the questions, passages and replies of real answers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import quantiles

from django.test import override_settings

from app.answers.draft import Draft
from app.answers.private_model import hidden
from app.answers.steps.assemble import assemble
from app.answers.steps.disarm import disarm, disarmed_neighbours
from app.answers.steps.generate import generate
from app.answers.steps.guard import guard
from app.answers.steps.output_checks import ReplyWatch
from app.answers.steps.retrieve import retrieve
from app.answers.steps.verify import verify
from app.corpus.access import Reader
from app.providers.registry import forget
from app.safety.configured import configured
from app.safety.personal_data.placeholders import Placeholders
from app.telemetry.threads import in_thread
from evals.bench.first_token import MODEL, mock_model
from retrieval.neighbours import neighbours

GUARD = "question looked through for attacks"
DISARM = "orders to an AI taken out of passages and what stands around them"
HIDE = "personal data taken out of the prompt (only for a model outside)"
WATCH = "reply watched while it is written, in all"
VERIFY = "answer checked against its sources, after the last token"


LETTERS_OF_A_TOKEN = 4


@dataclass(slots=True)
class Costs:
    """Milliseconds by protection, one for each answer."""

    ms: dict[str, list[float]] = field(default_factory=dict)

    def p50(self, name: str) -> float:
        return self._cut(name, 50)

    def p95(self, name: str) -> float:
        return self._cut(name, 95)

    def _cut(self, name: str, percent: int) -> float:
        return round(quantiles(self.ms[name], n=100, method="inclusive")[percent - 1], 1)

    @asynccontextmanager
    async def of(self, name: str) -> AsyncIterator[None]:
        began = time.perf_counter()
        yield
        self.ms.setdefault(name, []).append((time.perf_counter() - began) * 1000)


def measure(questions: list[str]) -> Costs:
    """Over `questions` of the corpus at hand, each for the first time; the first one warms up and is not counted."""
    with mock_model() as url, override_settings(LLM_BASE_URL=url, LLM_MODEL=MODEL, ATTEST_REUSE="off"):
        forget()
        costs = asyncio.run(_all(questions))
    forget()
    return costs


async def _all(questions: list[str]) -> Costs:
    await _one(questions[0], Costs())
    costs = Costs()
    for question in questions[1:]:
        await _one(question, costs)
    return costs


async def _one(question: str, costs: Costs) -> None:
    draft = Draft(question_id=0, question=question, reader=Reader(), standalone=question)
    async with costs.of(GUARD):
        await guard(draft)
    await retrieve(draft)
    near = await in_thread(neighbours, draft.passages, draft.reader)
    async with costs.of(DISARM):
        disarm(draft)
        disarmed_neighbours(near)
    await assemble(draft)
    async with costs.of(HIDE):
        await in_thread(lambda: hidden(draft.messages, configured(), Placeholders(b"bench")))
    async for _ in generate(draft):
        pass
    text = draft.text
    async with costs.of(WATCH):
        watch = ReplyWatch(draft)
        for start in range(0, len(text), LETTERS_OF_A_TOKEN):
            watch.feed(text[start : start + LETTERS_OF_A_TOKEN])
        watch.flush()
    async with costs.of(VERIFY):
        await verify(draft)
