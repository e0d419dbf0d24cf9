"""Lets an asker stop an answer while a model writes it; what was written until then is kept and checked as usual.

The wish is a moment in the Answer row, so that it reaches whichever process writes. Each process looks for the
wishes of all its answers with one query, and only while a model writes.
"""

import asyncio
import weakref
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import aclosing, contextmanager

import structlog
from django.db import Error as DatabaseError
from django.utils import timezone

from app.answers.draft import Draft
from app.answers.models import Answer, Outcome
from app.providers.types import ChatModel, Delta, Finished, Message
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 0.4
CHARACTERS_PER_TOKEN = 4
STOPPED = "You stopped this answer. What had been written until then is below."
STOPPED_TOO_EARLY = "You stopped this answer before it said anything with a source."


def ask_to_stop(question_id: int) -> None:
    """Harmless for an answer that is finished, that is quoted, or that was asked to stop before."""
    running = Answer.objects.filter(question_id=question_id, outcome="", stop_asked_at__isnull=True)
    running.update(stop_asked_at=timezone.now())


def those_to_stop(question_ids: Collection[int]) -> set[int]:
    wished = Answer.objects.filter(question_id__in=question_ids, stop_asked_at__isnull=False)
    return set(wished.values_list("question_id", flat=True))


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
        read, written = 0, 0
        if not await in_thread(those_to_stop, [self._draft.question_id]):
            read = sum(len(message.content) for message in messages)
            parts = self._model.stream(messages, max_tokens=max_tokens, temperature=temperature)
            with _watch().over(self._draft.question_id) as stop:
                async with aclosing(until(stop, parts)) as heard:
                    async for part in heard:
                        yield part
                        if isinstance(part, Finished):
                            return
                        written += len(part.text)
        self._draft.stopped = True
        yield Finished(read // CHARACTERS_PER_TOKEN, written // CHARACTERS_PER_TOKEN, reason="stopped", estimated=True)


async def until(stop: asyncio.Event, parts: AsyncGenerator[Delta | Finished]) -> AsyncGenerator[Delta | Finished]:
    """The parts, which end early when `stop` is set.

    One task reads them all: cancelling it reaches the model wherever it waits, and a time limit that is held from
    one part to the next stays within its task.
    """
    queue: asyncio.Queue[Delta | Finished | None] = asyncio.Queue()
    reading = asyncio.create_task(_read(parts, queue))
    reading.add_done_callback(lambda _: queue.put_nowait(None))
    ending = asyncio.create_task(_cancel_at(stop, reading))
    try:
        while (part := await queue.get()) is not None:
            yield part
        if not reading.cancelled():
            reading.result()
    finally:
        reading.cancel()
        ending.cancel()
        await asyncio.gather(reading, ending, return_exceptions=True)


async def _read(parts: AsyncGenerator[Delta | Finished], queue: "asyncio.Queue[Delta | Finished | None]") -> None:
    async with aclosing(parts):
        async for part in parts:
            queue.put_nowait(part)


async def _cancel_at(stop: asyncio.Event, task: "asyncio.Task[None]") -> None:
    await stop.wait()
    task.cancel()


class _Watch:
    """The answers that models write in this event loop, and the task that looks which of them shall stop."""

    def __init__(self) -> None:
        self._stops: dict[int, asyncio.Event] = {}
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def over(self, question_id: int) -> Iterator[asyncio.Event]:
        """The event that is set when the question's asker wishes to stop."""
        stop = self._stops[question_id] = asyncio.Event()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield stop
        finally:
            del self._stops[question_id]

    async def _look(self) -> None:
        """Ends when no model writes any more. A database that is down for a moment only delays a stop."""
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
