"""Every call of a model is paid for: reserved before it, settled after it, whatever became of it.

A wrapper of the ChatModel type around one named model, so that the price is that of the model which spoke.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from app.answers.database_away import AWAY, later
from app.answers.draft import Call, Draft
from app.answers.models import Answer
from app.corpus.access import Reader
from app.providers.chat_models import all_models
from app.providers.errors import ProviderError, Timeout
from app.providers.types import ChatModel, Delta, Finished, Message
from app.telemetry.metrics import MODEL_COST_SAVED_USD
from app.telemetry.threads import in_thread
from app.usage import budgets, reserving
from app.usage.budgets import BudgetSpent
from app.usage.cost import guessed_tokens, most_tokens
from app.usage.models import UsageRecord
from app.usage.prices import price_of
from app.usage.reserving import Held, Used
from app.usage.spender import Spender

__all__ = ["BudgetSpent", "BudgetedChatModel", "budget_state", "budgeted", "record_saving", "spender_of"]
log = structlog.get_logger(__name__)
# Rewriting, checking and the search around the calls of one answer.
EXTRA_S = 90.0


def budgeted(model: ChatModel, draft: Draft, task: str) -> ChatModel:
    """`model`, paid for by the reader of `draft`. Its stream raises BudgetSpent before it asks for anything."""
    return BudgetedChatModel(model, draft, task)


def budget_state(reader: Reader) -> budgets.State:
    """ "free", "near" (a cheaper model should answer) or "spent". Asks the database: call it in a thread."""
    return budgets.budget_state(spender_of(reader))


def spender_of(reader: Reader) -> Spender:
    return Spender(reader.user_id, reader.group_ids)


class BudgetedChatModel:
    """Reserves the most that a call can use, and settles what it used when its stream ends in any way."""

    def __init__(self, model: ChatModel, draft: Draft, task: str) -> None:
        self.name = model.name
        self._model = model
        self._draft = draft
        self._task = task

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        """Raises BudgetSpent, or what the model raises."""
        texts = [message.content for message in messages]
        most = Used(most_tokens(*texts), max_tokens)
        held = await in_thread(self._reserved, most)
        said: list[str] = []
        counted: Used | None = None
        is_owed = True
        try:
            async with aclosing(self._model.stream(messages, max_tokens=max_tokens, temperature=temperature)) as reply:
                async for event in reply:
                    if isinstance(event, Finished):
                        counted = Used(event.prompt_tokens, event.completion_tokens, event.estimated)
                    else:
                        said.append(event.text)
                    yield event
        except ProviderError as error:
            # A model that said no, or was not reached, costs nothing. One that was slow, or was cut off, has read.
            is_owed = bool(said) or isinstance(error, Timeout)
            raise
        finally:
            guess = Used(guessed_tokens(*texts), guessed_tokens("".join(said)), estimated=True)
            await to_its_end(self._settle(held, counted or (guess if is_owed else None)))

    def _reserved(self, most: Used) -> Held:
        if self._draft.is_rehearsal:
            return Held(Spender(), self.name, price_of(self.name), timezone.localdate())
        return reserving.reserve(spender_of(self._draft.reader), self.name, most, for_s=longest_s())

    async def _settle(self, held: Held, used: Used | None) -> None:
        """Never raises: an answer that was given is not lost over its bill; a sweep releases what stays reserved."""
        try:
            if used is None:
                await in_thread(reserving.release, held)
                return
            cost = await in_thread(self._settled, held, used)
        except AWAY:
            cost = reserving.cost_of(held.price, used) if used else Decimal(0)
            if used is not None:
                later("usage", settled, held, used, self._draft.question_id, self._task)
        except Exception as error:
            log.exception("usage_not_recorded", model=self.name, step=self._task, error=type(error).__name__)
            cost = reserving.cost_of(held.price, used) if used else Decimal(0)
        if used is not None:
            self._draft.cost_usd += cost
            self._draft.calls.append(
                Call(self._task, self.name, used.prompt_tokens, used.completion_tokens, used.estimated)
            )

    def _settled(self, held: Held, used: Used) -> Decimal:
        if self._draft.is_rehearsal:
            return reserving.cost_of(held.price, used)
        return settled(held, used, self._draft.question_id, self._task)


async def to_its_end(doing: Coroutine[Any, Any, None]) -> None:
    """Wait for it also where this task is cancelled meanwhile: what a call cost is written down, whoever hung up."""
    task = asyncio.ensure_future(doing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def settled(held: Held, used: Used, question_id: int, step: str) -> Decimal:
    """What the call cost, once it is written down. Evaluation asks without rows: its question is number 0."""
    return reserving.settle(held, used, step=step, answer_id=answer_to(question_id)).cost_usd


def answer_to(question_id: int) -> int | None:
    return Answer.objects.filter(question_id=question_id).values_list("pk", flat=True).first()


def tokens_of(draft: Draft) -> tuple[int, int]:
    """Read and written by all calls for the answer; what they cost is `draft.cost_usd`."""
    if not draft.calls:
        return draft.prompt_tokens, draft.completion_tokens
    return sum(each.prompt_tokens for each in draft.calls), sum(each.completion_tokens for each in draft.calls)


def record_saving(draft: Draft, answer: Answer) -> None:
    """Note what an answer that was given again did not cost. Part of the transaction that records it."""
    if draft.reused_from is None:
        return
    original = Answer.objects.filter(pk=draft.reused_from).first()
    if original is None:
        return
    spender = spender_of(draft.reader)
    UsageRecord.objects.create(
        user_id=spender.user_id, group_ids=sorted(spender.group_ids), answer_id=answer.pk, step=UsageRecord.REUSE,
        model=original.model, saved_usd=original.cost_usd,
    )  # fmt: skip
    MODEL_COST_SAVED_USD.inc(float(original.cost_usd))


def longest_s() -> float:
    """Longer than any call, and any answer, takes: what is held after that belongs to a process that died."""
    slowest = max((model.total_s for model in all_models()), default=0.0)
    return slowest + 2 * settings.LLM_PATIENCE_S + EXTRA_S
