"""Writes the answer: by the language model where there is one, else quoted from the passages.

A model that fails, at whatever moment, is followed by the quoted answer, marked as degraded.
"""

from collections.abc import AsyncGenerator

import structlog

from app.answers.draft import Draft
from app.answers.events import Event, Restart, Token
from app.answers.models import Answer, Outcome
from app.answers.steps.quote import quote
from app.answers.steps.write import NothingCited, write
from app.providers.errors import ProviderError
from app.providers.registry import get_chat_model
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)
MODEL_UNAVAILABLE = "The language model is not available right now, so this answer is quoted from the documents."
MODEL_UNCITED = "The language model's draft named no source, so this answer is quoted from the documents instead."


async def generate(draft: Draft) -> AsyncGenerator[Event]:
    model = get_chat_model()
    if not draft.passages:
        draft.outcome = Outcome.NOT_FOUND
        return
    if model is None:
        async for event in _quoted(draft):
            yield event
        return
    try:
        async for event in write(draft, model):
            yield event
    except (ProviderError, NothingCited) as error:
        log.warning("model_answer_dropped", error=type(error).__name__)
        if draft.text:
            yield Restart()
        async for event in _degraded(draft, error):
            yield event


async def _degraded(draft: Draft, error: Exception) -> AsyncGenerator[Event]:
    draft.forget_text()
    draft.error = type(error).__name__
    async for event in _quoted(draft):
        yield event
    if draft.outcome != Outcome.NOT_FOUND:
        draft.outcome = Outcome.DEGRADED
    draft.notice = MODEL_UNCITED if isinstance(error, NothingCited) else MODEL_UNAVAILABLE


async def _quoted(draft: Draft) -> AsyncGenerator[Event]:
    draft.mode = Answer.Mode.EXTRACTIVE
    await in_thread(quote, draft)
    if draft.text:
        draft.note_first_token()
        yield Token(draft.text)
