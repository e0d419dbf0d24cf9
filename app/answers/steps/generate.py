"""Writes the answer: by a language model where there is one, else quoted from the passages.

A model that fails before its first word is followed by the next one of its route, unseen. One that breaks off midway is
followed by the next one too: what it wrote is withdrawn, as nobody could tell afterwards who said what. A draft that
gives its instructions away is not asked for elsewhere, as the same documents would mislead the next model too. In
the end stands the quoted answer, marked as degraded.
"""

import time
from collections.abc import AsyncGenerator

import structlog
from django.conf import settings

from app.answers.chat import broke_off, chat_for
from app.answers.draft import Draft
from app.answers.events import Event, Restart, Token
from app.answers.models import Answer, Outcome
from app.answers.spending import BudgetSpent, budget_state
from app.answers.steps.guard import warning_of
from app.answers.steps.output_checks import UNSAFE_NOTICE
from app.answers.steps.quote import quote
from app.answers.steps.write import write
from app.providers.chat_models import chat_models
from app.providers.errors import ProviderError, Repetitive, WrongLanguage
from app.safety.output_guard import UnsafeReply
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)
QUOTED = "so this answer is quoted from the documents."
MODEL_UNAVAILABLE = f"The language model is not available right now, {QUOTED}"
MODEL_LOOPED = f"The language model began to repeat itself, {QUOTED}"
MODEL_FOREIGN = f"The language model answered in another language than your question, {QUOTED}"
# Noted where no model was left to be asked in time.
NOBODY_LEFT = "NoModelLeft"
WORDS_ALONE = (
    "Search by meaning is not available right now, so passages were found by their words alone and some may be missing."
)


async def generate(draft: Draft) -> AsyncGenerator[Event]:
    if not draft.passages:
        draft.outcome, draft.notice = Outcome.NOT_FOUND, WORDS_ALONE if draft.by_words_alone else draft.notice
        return
    if not chat_models("answer"):
        async for event in _quoted(draft):
            yield event
    else:
        async for event in _written_or_quoted(draft):
            yield event
    if draft.by_words_alone:
        _admit_words_alone(draft)


async def _written_or_quoted(draft: Draft) -> AsyncGenerator[Event]:
    if not draft.is_rehearsal:
        draft.budget_state = await in_thread(budget_state, draft.reader)
    latest_start = time.monotonic() + settings.LLM_PATIENCE_S
    failure: Exception | None = None
    while (model := chat_for(draft, "answer")) is not None and time.monotonic() < latest_start:
        tried = broke_off(draft, "answer")
        try:
            async for event in write(draft, model):
                yield event
            return
        except (ProviderError, UnsafeReply) as error:
            log.warning("model_answer_dropped", error=type(error).__name__)
            failure = error
        if draft.text:
            yield Restart()
        draft.forget_text()
        if broke_off(draft, "answer") == tried:
            break
    async for event in _degraded(draft, failure):
        yield event


async def _degraded(draft: Draft, failure: Exception | None) -> AsyncGenerator[Event]:
    draft.error = type(failure).__name__ if failure else NOBODY_LEFT
    async for event in _quoted(draft):
        yield event
    if draft.outcome != Outcome.NOT_FOUND:
        draft.outcome = Outcome.DEGRADED
    draft.notice = f"{warning_of(draft)} {_why_quoted(failure)}".strip()


def _why_quoted(failure: Exception | None) -> str:
    if isinstance(failure, BudgetSpent):
        return failure.message
    notices: tuple[tuple[type[Exception], str], ...] = (
        (UnsafeReply, UNSAFE_NOTICE), (Repetitive, MODEL_LOOPED), (WrongLanguage, MODEL_FOREIGN),
    )  # fmt: skip
    return next((notice for kind, notice in notices if isinstance(failure, kind)), MODEL_UNAVAILABLE)


async def _quoted(draft: Draft) -> AsyncGenerator[Event]:
    draft.mode = Answer.Mode.EXTRACTIVE
    await in_thread(quote, draft)
    if draft.text:
        draft.note_first_token()
        yield Token(draft.text)


def _admit_words_alone(draft: Draft) -> None:
    """An answer from a search that could not look for meaning says so, beside whatever else it says."""
    if draft.outcome == Outcome.ANSWERED:
        draft.outcome = Outcome.DEGRADED if draft.mode == Answer.Mode.EXTRACTIVE else Outcome.CAVEAT
    draft.notice = f"{draft.notice} {WORDS_ALONE}".strip()
