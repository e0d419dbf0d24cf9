"""One question's whole story: guard → rewrite → retrieve → reuse → assemble → generate → verify → record.

However it ends, exactly one Answer row says how: a failing model becomes a quoted answer, anything
unforeseen becomes a failed one with its reason in the log. While the database is away, the answer waits for it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable

import structlog

from app.answers.database_away import AWAY, CUT_OFF, Patience, outlasting
from app.answers.draft import Draft
from app.answers.events import Event, Step, StepName
from app.answers.models import Outcome
from app.answers.recording import recorded
from app.answers.steps.assemble import assemble
from app.answers.steps.begin import begin
from app.answers.steps.generate import generate
from app.answers.steps.guard import guard
from app.answers.steps.retrieve import retrieve
from app.answers.steps.reuse import reuse
from app.answers.steps.rewrite import rewrite
from app.answers.steps.verify import verify
from app.answers.still_allowed import RightsLost, rights_lost, while_allowed
from app.answers.stopping import StoppedEarly, stoppable, stopped_early
from app.corpus.access import Reader
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)
Act = Callable[[Draft], AsyncGenerator[Event]]


class AlreadyRunning(Exception):  # noqa: N818 - the name says what happened
    """Another process is answering this question, or has answered it."""


async def answer_question(question_id: int, reader: Reader) -> AsyncGenerator[Event]:
    """The events of one question, ending with Done. Raises AlreadyRunning before the first if it is taken.

    Raises the database's own error where that stays away; the row is written nevertheless, once it is back.
    """
    patience = Patience()
    draft = await begun(question_id, reader, patience)
    if draft is None:
        raise AlreadyRunning(question_id)
    try:
        async for event in steps(draft, patience):
            yield event
    except StoppedEarly:
        draft = stopped_early(draft)
    except RightsLost:
        draft = rights_lost(draft)
    except Exception as error:
        # The one place that catches everything: whatever went wrong, the asker is told and the row is written.
        log.exception("answer_failed", question_id=question_id, error=type(error).__name__)
        draft.forget_text()
        draft.outcome, draft.error = Outcome.FAILED, type(error).__name__
        draft.notice = CUT_OFF if isinstance(error, AWAY) else draft.notice
    async for event in recorded(draft, patience):
        yield event


async def begun(question_id: int, reader: Reader, patience: Patience) -> Draft | None:
    while True:
        try:
            return await in_thread(begin, question_id, reader)
        except AWAY as error:
            failure = error
        await patience.wait(failure)


async def steps(draft: Draft, patience: Patience | None = None) -> AsyncGenerator[Event]:
    """All steps but the recording; evaluation runs these alone. A step that settles the draft ends them.

    Raises StoppedEarly; from the first call of a model for the answer on, `StoppableChatModel` ends it instead.
    """
    patience = patience or Patience()
    for name, act in BEFORE_WRITING:
        async for event in outlasting(draft, silent(name, stoppable(act)), patience):
            yield event
        if draft.settled:
            return
    async for event in outlasting(draft, writing, patience):
        yield event
    async for event in outlasting(draft, silent("verify", verify), patience):
        yield event


def silent(name: StepName, act: Callable[[Draft], Awaitable[None]]) -> Act:
    """A step that says nothing while it works."""

    async def events(draft: Draft) -> AsyncGenerator[Event]:
        yield Step(name)
        with draft.timed(name):
            await act(draft)

    return events


async def writing(draft: Draft) -> AsyncGenerator[Event]:
    yield Step("generate")
    with draft.timed("generate"):
        async for event in while_allowed(draft, generate(draft)):
            yield event


BEFORE_WRITING: tuple[tuple[StepName, Callable[[Draft], Awaitable[None]]], ...] = (
    ("guard", guard),
    ("rewrite", rewrite),
    ("retrieve", retrieve),
    ("reuse", reuse),
    ("assemble", assemble),
)
