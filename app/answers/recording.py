"""Gets the finished draft into its row, also through a failover: nothing that was answered is lost while we live."""

from collections.abc import AsyncGenerator

import structlog

from app.answers.database_away import AWAY, Patience, later
from app.answers.draft import Draft
from app.answers.events import Done, Event, Step
from app.answers.models import Answer
from app.answers.steps.record import record
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)


async def recorded(draft: Draft, patience: Patience) -> AsyncGenerator[Event]:
    """Done with the row. Where the database stays away its error is raised, and the row is written without a reader."""
    if patience.spent_on is not None:
        # The reader has waited long enough.
        later("answer", stored, draft)
        raise patience.spent_on
    while True:
        try:
            answer = await in_thread(stored, draft)
        except AWAY as error:
            failure = error
        else:
            yield Done(answer.pk)
            return
        yield Step("wait")
        try:
            await patience.wait(failure)
        except AWAY:
            later("answer", stored, draft)
            raise


def stored(draft: Draft) -> Answer:
    """The finished row; a draft that cannot be stored becomes a failed answer rather than an open one."""
    try:
        return record(draft)
    except AWAY:
        raise
    except Exception as error:
        log.exception("answer_not_recorded", question_id=draft.question_id, error=type(error).__name__)
        blank = Draft(question_id=draft.question_id, question=draft.question, reader=draft.reader)
        blank.error = type(error).__name__
        return record(blank)
