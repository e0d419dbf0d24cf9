"""One question's whole story: guard → rewrite → retrieve → reuse → assemble → generate → verify → record.

However it ends, exactly one Answer row says how: a failing model becomes a quoted answer, anything
unforeseen becomes a failed one with its reason in the log.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable

import structlog

from app.answers.draft import Draft
from app.answers.events import Done, Event, Step, StepName
from app.answers.models import Answer, Outcome
from app.answers.steps.assemble import assemble
from app.answers.steps.begin import begin
from app.answers.steps.generate import generate
from app.answers.steps.guard import guard
from app.answers.steps.record import record
from app.answers.steps.retrieve import retrieve
from app.answers.steps.reuse import reuse
from app.answers.steps.rewrite import rewrite
from app.answers.steps.verify import verify
from app.corpus.access import Reader
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)


class AlreadyRunning(Exception):  # noqa: N818 - the name says what happened
    """Another process is answering this question, or has answered it."""


async def answer_question(question_id: int, reader: Reader) -> AsyncGenerator[Event]:
    """The events of one question, ending with Done. Raises AlreadyRunning before the first if it is taken."""
    draft = await in_thread(begin, question_id, reader)
    if draft is None:
        raise AlreadyRunning(question_id)
    try:
        async for event in steps(draft):
            yield event
    except Exception as error:
        # The one place that catches everything: whatever went wrong, the asker is told and the row is written.
        log.exception("answer_failed", question_id=question_id, error=type(error).__name__)
        draft.forget_text()
        draft.outcome, draft.error = Outcome.FAILED, type(error).__name__
    yield Done((await _recorded(draft)).pk)


async def _recorded(draft: Draft) -> Answer:
    """The finished row; a draft that cannot be stored becomes a failed answer rather than an open one."""
    try:
        return await in_thread(record, draft)
    except Exception as error:
        log.exception("answer_not_recorded", question_id=draft.question_id, error=type(error).__name__)
        blank = Draft(question_id=draft.question_id, question=draft.question, reader=draft.reader)
        blank.error = type(error).__name__
        return await in_thread(record, blank)


async def steps(draft: Draft) -> AsyncGenerator[Event]:
    """All steps but the recording; evaluation runs these alone. A step that settles the draft ends them."""
    for name, act in BEFORE_WRITING:
        yield Step(name)
        with draft.timed(name):
            await act(draft)
        if draft.settled:
            return
    yield Step("generate")
    with draft.timed("generate"):
        async for event in generate(draft):
            yield event
    yield Step("verify")
    with draft.timed("verify"):
        await verify(draft)


BEFORE_WRITING: tuple[tuple[StepName, Callable[[Draft], Awaitable[None]]], ...] = (
    ("guard", guard),
    ("rewrite", rewrite),
    ("retrieve", retrieve),
    ("reuse", reuse),
    ("assemble", assemble),
)
