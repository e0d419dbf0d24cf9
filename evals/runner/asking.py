"""Asks one case as its asker would on the site, and notes what the asker got and what the product rested it on."""

from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from app.accounts.models import User
from app.answers.asking import ask, shortened
from app.answers.models import Answer, Conversation, Outcome, Question
from app.answers.running import listen
from app.answers.shown import MARKER
from app.corpus.access import Reader, reader_for
from app.corpus.models import Chunk, Source
from app.telemetry.threads import in_thread
from evals.cases.case import Case, Turn
from evals.metrics.answers import Cited


@dataclass(frozen=True, slots=True)
class Heard:
    """`retrieved` are whole passages, best first; `cited` the words that the markers of the text point at, and
    `dangling` those markers that point at nothing.

    `steps` are milliseconds by step.
    """

    outcome: str
    mode: str
    text: str
    notice: str
    error: str
    retrieved: tuple[Cited, ...]
    keyword_scores: tuple[float, ...]
    cited: tuple[Cited, ...]
    dangling: tuple[str, ...]
    verdicts: tuple[str, ...]
    prompt_version: str
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    steps: dict[str, float]


async def hear(case: Case) -> Heard:
    """The case through the pipeline that a request of the site goes through."""
    question_id, reader = await in_thread(put, case)
    async with aclosing(listen(question_id, reader)) as events:
        async for _ in events:
            pass
    return await in_thread(heard, question_id)


def put(case: Case) -> tuple[int, Reader]:
    """The question, in a conversation that holds the turns before it."""
    user = User.objects.get(email=case.asker)
    conversation = None
    if case.history:
        conversation = Conversation.objects.create(user=user, title=shortened(case.history[0].question))
        for turn in case.history:
            _told(conversation, turn)
    return ask(user, case.question, conversation, is_limited=False).pk, reader_for(user)


def _told(conversation: Conversation, turn: Turn) -> None:
    question = Question.objects.create(conversation=conversation, text=turn.question, standalone=turn.question)
    now = timezone.now()
    Answer.objects.create(
        question=question, outcome=Outcome.ANSWERED, text=turn.answer, claimed_at=now, finished_at=now
    )


def heard(question_id: int) -> Heard:
    answer = Answer.objects.get(question_id=question_id)
    evidence = list(answer.evidence.select_related("document__source"))
    texts = dict(Chunk.objects.filter(pk__in=[each.chunk_id for each in evidence]).values_list("pk", "text"))
    paths = {each.pk: _path(each.document) for each in evidence}
    citations = list(answer.citations.all())
    markers = {str(each.marker) for each in citations}
    return Heard(
        outcome=answer.outcome,
        mode=answer.mode,
        text=answer.text,
        notice=answer.notice,
        error=answer.error,
        retrieved=tuple(Cited(paths[each.pk], texts.get(each.chunk_id, "")) for each in evidence),
        keyword_scores=tuple(each.keyword for each in evidence),
        cited=tuple(Cited(paths[each.evidence_id], each.quote) for each in citations),
        dangling=tuple(sorted(set(MARKER.findall(answer.text)) - markers)),
        verdicts=tuple(answer.sentences.values_list("verdict", flat=True)),
        prompt_version=answer.prompt_version,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        cost_usd=answer.cost_usd,
        steps=_summed(answer),
    )


def _path(document: Any) -> str:
    """As cases name it: the folder of its source and its path in there; a document that is gone has none."""
    if document is None:
        return ""
    source: Source = document.source
    return f"{str(source.settings.get('path', '')).rpartition('/')[2]}/{document.external_id}"


def _summed(answer: Answer) -> dict[str, float]:
    took: dict[str, float] = {}
    for name, ms in answer.steps.values_list("name", "took_ms"):
        took[name] = round(took.get(name, 0.0) + ms, 2)
    return took
