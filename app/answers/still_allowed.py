"""Ends an answer whose asker loses a right while it is written: what it is made of must be theirs to read throughout.

Search asks with the rights of the moment, and a finished answer is checked whenever it is shown. Between the two, words
stream; so the passages that the model was shown are looked up again every half second while they do.
"""

import time
from collections.abc import AsyncGenerator

from app.accounts.models import User
from app.answers.draft import Draft
from app.answers.events import Event, Restart, Token
from app.answers.models import Outcome
from app.answers.stopping import stopped_early
from app.corpus.access import Reader, reader_for
from app.corpus.models import Document
from app.telemetry.threads import in_thread

LOOK_EVERY_S = 0.5
CHANGED = "What you may read changed while this answer was written, so it was not finished. Ask again."


class RightsLost(Exception):  # noqa: N818 - the name says what happened
    """The asker may no longer read something that the answer is made of."""


async def while_allowed(draft: Draft, events: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
    """The events, until a right is lost: then what was said is withdrawn, and RightsLost is raised."""
    looked = time.monotonic()
    async for event in events:
        if isinstance(event, Token) and time.monotonic() - looked >= LOOK_EVERY_S:
            if not await in_thread(may_still_read, draft):
                yield Restart()
                raise RightsLost
            looked = time.monotonic()
        yield event


def may_still_read(draft: Draft) -> bool:
    """Whether each passage that was found is open to the asker with the rights of this moment."""
    documents = {passage.document_id for passage in draft.passages}
    reader = reader_now(draft.reader)
    if reader is None:
        return False
    return Document.objects.readable_by(reader).filter(pk__in=documents).count() == len(documents)


def reader_now(reader: Reader) -> Reader | None:
    """None for an account that was closed. Who asks without an account has the rights they were given."""
    if reader.user_id is None:
        return reader
    user = User.objects.filter(pk=reader.user_id, is_active=True).first()
    return reader_for(user) if user else None


def rights_lost(draft: Draft) -> Draft:
    """The answer as it ends then: nothing of it is kept."""
    ended = stopped_early(draft)
    ended.stopped, ended.notice, ended.context = False, CHANGED, {"rights_changed": True}
    ended.outcome = Outcome.REFUSED
    return ended
