"""What becomes of an answer under way while the database is away, as in a failover: it waits, and goes on.

The step that failed is taken again once the database is back; what it had changed in the draft is undone before. The
asker is told that we wait. Whoever must wait too long is told so, and the row is written when it can be.
"""

import asyncio
import time
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import fields
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from app.answers.draft import Draft
from app.answers.events import Event, Restart, Step
from app.telemetry.metrics import DATABASE_WAITS
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)
AWAY = (OperationalError, InterfaceError)
CUT_OFF = "The database could not be reached for a while, so this answer was not finished."
TOLD = (
    "The database cannot be reached at the moment. Your question is kept, and how it ended is noted as soon as the "
    "database is back. Ask again in a few minutes."
)
LOOK_EVERY_S = 0.25
# For so long what is written late is tried: less than until the sweep ends an answer that has no outcome.
LATE_FOR_S = 8 * 60.0
LATE_EVERY_S = 2.0
# The same step that fails again and again fails for another reason than a database that is away.
MOST_WAITS = 4
# What happened stays true when a step is taken again: money was spent, time has passed.
NOT_UNDONE = {"attempts", "calls", "cost_usd", "prompt_tokens", "completion_tokens", "steps", "began", "first_token_s"}


class Patience:
    """How long one answer waits for the database, over all its steps.

    `spent_on` is the error that stayed until the end of it.
    """

    def __init__(self) -> None:
        self._left_s = float(settings.ATTEST_DATABASE_PATIENCE_S)
        self._waits = 0
        self.spent_on: Exception | None = None

    async def wait(self, error: Exception) -> None:
        """Until the database answers. Raises `error` where that takes too long, or has been waited for too often."""
        self._waits += 1
        began = time.monotonic()
        if self._left_s <= 0 or self._waits > MOST_WAITS:
            raise error
        DATABASE_WAITS.inc()
        log.warning("answer_waits_for_database", error=type(error).__name__)
        try:
            await asyncio.wait_for(asyncio.shield(_looking()), self._left_s)
        except TimeoutError:
            self.spent_on = error
            raise error from None
        finally:
            self._left_s -= time.monotonic() - began


async def outlasting(
    draft: Draft, act: Callable[[Draft], AsyncGenerator[Event]], patience: Patience
) -> AsyncGenerator[Event]:
    """The events of `act`, which is done again from its beginning after each time that the database was away."""
    while True:
        before = _kept(draft)
        try:
            async with aclosing(act(draft)) as events:
                async for event in events:
                    yield event
            return
        except AWAY as error:
            failure, had_text = error, bool(draft.text)
            _restore(draft, before)
        if had_text and not draft.text:
            yield Restart()
        yield Step("wait")
        await patience.wait(failure)


def _kept(draft: Draft) -> dict[str, Any]:
    values = {each.name: getattr(draft, each.name) for each in fields(draft) if each.name not in NOT_UNDONE}
    return {name: value.copy() if isinstance(value, list | dict) else value for name, value in values.items()}


def _restore(draft: Draft, before: dict[str, Any]) -> None:
    for name, value in before.items():
        setattr(draft, name, value)


# One look for all answers of an event loop: those who wait shall not hold all its threads.
_looks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = weakref.WeakKeyDictionary()


def _looking() -> "asyncio.Task[None]":
    loop = asyncio.get_running_loop()
    task = _looks.get(loop)
    if task is None or task.done():
        task = _looks[loop] = loop.create_task(_until_back())
    return task


async def _until_back() -> None:
    while True:
        with suppress(*AWAY):
            await in_thread(_connect)
            return
        await asyncio.sleep(LOOK_EVERY_S)


def _connect() -> None:
    connection.ensure_connection()


_late: set[asyncio.Task[None]] = set()


def later(what: str, act: Callable[..., object], *arguments: object) -> None:
    """Have `act` done in a thread as soon as the database is back; nobody waits for it."""
    task = asyncio.create_task(_keep_trying(what, act, arguments))
    _late.add(task)
    task.add_done_callback(_late.discard)


async def _keep_trying(what: str, act: Callable[..., object], arguments: tuple[object, ...]) -> None:
    due = time.monotonic() + LATE_FOR_S
    while time.monotonic() < due:
        await asyncio.sleep(LATE_EVERY_S)
        try:
            await in_thread(act, *arguments)
        except AWAY:
            continue
        except Exception as error:
            log.exception("late_record_failed", what=what, error=type(error).__name__)
        else:
            log.info("recorded_late", what=what)
        return
    log.error("late_record_given_up", what=what)
