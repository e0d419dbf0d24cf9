"""Lets an asker stop an answer at any step of it; what was written until then is kept and checked as usual.

The wish is a moment in the Answer row, so that it reaches whichever process makes the answer. Each process looks for
the wishes of all its answers with one query, and only while it makes any.
"""

import asyncio
import weakref
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.db.models import Q
from django.utils import timezone

from app.answers.draft import Draft
from app.answers.mailbox import Mailbox
from app.answers.models import Answer, Outcome
from app.providers.types import ChatModel, Delta, Finished, Message
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 0.4
CHARACTERS_PER_TOKEN = 4
# How long a step that was cancelled is waited for, so that what it used is counted; a thread goes on behind it.
FAREWELL_S = 0.3
STOPPED = "You stopped this answer. What had been written until then is below."
STOPPED_TOO_EARLY = "You stopped this answer before it said anything with a source."


def ask_to_stop(question_id: int) -> None:
    """Harmless for an answer that is finished, that is quoted, or that was asked to stop before."""
    running = Answer.objects.filter(question_id=question_id, outcome="", stop_asked_at__isnull=True)
    running.update(stop_asked_at=timezone.now())


def stop_all_of(user: Any, **_: object) -> None:
    """Every answer that is being made for the person ends, as their access does."""
    running = Answer.objects.filter(question__conversation__user=user, outcome="", stop_asked_at__isnull=True)
    running.update(stop_asked_at=timezone.now())


def those_to_stop(question_ids: Collection[int]) -> set[int]:
    """Whose askers wished so, or have a closed account."""
    closed = Q(question__conversation__user__is_active=False)
    wished = Answer.objects.filter(Q(stop_asked_at__isnull=False) | closed, question_id__in=question_ids)
    return set(wished.values_list("question_id", flat=True))


class StoppedEarly(Exception):  # noqa: N818 - the name says what happened
    """The asker ended the answer before a word of it was written."""


def stopped_early(draft: Draft) -> Draft:
    """The answer as it ends then. A new draft, as a thread of the step that was left may still fill in the old one."""
    ended = Draft(
        question_id=draft.question_id, question=draft.question, reader=draft.reader,
        conversation_id=draft.conversation_id, filters=draft.filters, standalone=draft.standalone, began=draft.began,
        outcome=Outcome.REFUSED, notice=STOPPED_TOO_EARLY, stopped=True, settled=True, cost_usd=draft.cost_usd,
    )  # fmt: skip
    ended.flags, ended.attempts, ended.calls = list(draft.flags), list(draft.attempts), list(draft.calls)
    ended.steps, ended.context = list(draft.steps), {"stopped": True}
    return ended


async def unless_stopped(act: Awaitable[None], draft: Draft) -> None:
    """Wait for a step of the answer. Raises StoppedEarly as soon as the asker wishes to stop."""
    with _watch().over(draft.question_id) as stop:
        doing, stopping = asyncio.ensure_future(act), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((doing, stopping), return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                doing.result()
                return
        finally:
            stopping.cancel()
            _leave(doing)
        await asyncio.wait((doing,), timeout=FAREWELL_S)
    raise StoppedEarly


def stoppable(act: Callable[[Draft], Awaitable[None]]) -> Callable[[Draft], Awaitable[None]]:
    """The step, which then raises StoppedEarly when the asker wishes to stop."""

    async def stopped_or_done(draft: Draft) -> None:
        await unless_stopped(act(draft), draft)

    return stopped_or_done


def _leave(doing: "asyncio.Future[None]") -> None:
    """Cancel it. What a thread of it still does is nobody's concern any more, and neither is how it ends."""
    if not doing.done():
        doing.cancel()
        _left.add(doing)
        doing.add_done_callback(_gone)


def _gone(left: "asyncio.Future[None]") -> None:
    _left.discard(left)
    if not left.cancelled():
        left.exception()


_left: "set[asyncio.Future[None]]" = set()


def outcome_once_stopped(draft: Draft) -> Outcome:
    """Keeps what has a source. A text without one is not shown, whoever ended it."""
    draft.context["stopped"] = True
    if draft.citations:
        draft.notice = STOPPED
        return Outcome.ANSWERED
    draft.forget_text()
    draft.notice = STOPPED_TOO_EARLY
    return Outcome.REFUSED


class StoppableChatModel:
    """Ends its reply with `Finished("stopped")` once the asker wishes so, and hangs up on the model."""

    def __init__(self, model: ChatModel, draft: Draft) -> None:
        self._model = model
        self._draft = draft

    @property
    def name(self) -> str:
        return self._model.name

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        read, written, is_whole = 0, 0, False
        if not await in_thread(those_to_stop, [self._draft.question_id]):
            read = sum(len(message.content) for message in messages)
            parts = self._model.stream(messages, max_tokens=max_tokens, temperature=temperature)
            with _watch().over(self._draft.question_id) as stop:
                async with aclosing(until(stop, parts)) as heard:
                    # To its end and not to `Finished` alone: what the call cost is written down after that.
                    async for part in heard:
                        yield part
                        if isinstance(part, Finished):
                            is_whole = True
                        else:
                            written += len(part.text)
            if is_whole:
                return
        self._draft.stopped = True
        yield Finished(read // CHARACTERS_PER_TOKEN, written // CHARACTERS_PER_TOKEN, reason="stopped", estimated=True)


async def until(stop: asyncio.Event, parts: AsyncGenerator[Delta | Finished]) -> AsyncGenerator[Delta | Finished]:
    """The parts, which end early when `stop` is set.

    One task reads them all: cancelling it reaches the model wherever it waits, and a time limit that is held from
    one part to the next stays within its task.
    """
    heard = Mailbox[Delta | Finished](_one_text)
    reading = asyncio.create_task(_read(parts, heard))
    reading.add_done_callback(lambda _: heard.put(None))
    ending = asyncio.create_task(_cancel_at(stop, reading))
    try:
        while (part := await heard.take()) is not None:
            yield part
        if not reading.cancelled():
            reading.result()
    finally:
        reading.cancel()
        ending.cancel()
        await asyncio.gather(reading, ending, return_exceptions=True)


def _one_text(first: Delta | Finished, second: Delta | Finished) -> Delta | None:
    """Text that came in while a busy process did something else is passed on as one."""
    return Delta(first.text + second.text) if isinstance(first, Delta) and isinstance(second, Delta) else None


async def _read(parts: AsyncGenerator[Delta | Finished], heard: Mailbox[Delta | Finished]) -> None:
    async with aclosing(parts):
        async for part in parts:
            heard.put(part)


async def _cancel_at(stop: asyncio.Event, task: "asyncio.Task[None]") -> None:
    await stop.wait()
    task.cancel()


class _Watch:
    """The answers that are made in this event loop, and the task that looks which of them shall stop."""

    def __init__(self) -> None:
        self._stops: dict[int, asyncio.Event] = {}
        self._watching: Counter[int] = Counter()
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def over(self, question_id: int) -> Iterator[asyncio.Event]:
        """The event that is set when the question's asker wishes to stop: one for all who wait for it."""
        stop = self._stops.setdefault(question_id, asyncio.Event())
        self._watching[question_id] += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield stop
        finally:
            self._watching[question_id] -= 1
            if not self._watching[question_id]:
                del self._watching[question_id], self._stops[question_id]

    async def _look(self) -> None:
        """Ends when no answer is made any more. A database that is down for a moment only delays a stop."""
        while self._stops:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                wished = await in_thread(those_to_stop, list(self._stops))
            except DatabaseError as error:
                log.warning("stop_wishes_unknown", error=type(error).__name__)
                continue
            for question_id in wished & self._stops.keys():
                self._stops[question_id].set()


_watches: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Watch] = weakref.WeakKeyDictionary()


def _watch() -> _Watch:
    return _watches.setdefault(asyncio.get_running_loop(), _Watch())
