"""An answer as server-sent events: `step` and `token` while it is made, then one `answer` or one `error`."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from ninja.responses import NinjaJSONEncoder

from app.answers.events import Done, Event, Restart, Step, Token

EVENT_STREAM = "text/event-stream"
# Proxies must neither keep the stream nor wait for it to fill a buffer.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
# Shorter than the idle limit of common proxies.
SILENCE_S = 15.0
KEEP_ALIVE = ": still working\n\n"
T = TypeVar("T")
Body = dict[str, Any]


async def answer_stream(
    events: AsyncGenerator[Event],
    answer: Callable[[int], Awaitable[Body]],
    problem: Callable[[Exception | None], Body],
) -> AsyncGenerator[str]:
    """The events on the wire; `answer` gives the body for an answer's id, `problem` that for a failure."""
    async with aclosing(events), aclosing(with_silences(events, SILENCE_S)) as heard:
        try:
            async for event in heard:
                if isinstance(event, Done):
                    yield server_sent("answer", await answer(event.answer_id))
                    return
                yield KEEP_ALIVE if event is None else on_the_way(event)
            yield server_sent("error", problem(None))
        except Exception as error:  # noqa: BLE001 - the status line has left: an error can only be an event now
            yield server_sent("error", problem(error))


def server_sent(event: str, data: Body) -> str:
    """One event in the wire format. JSON has no line break of its own, so one data line holds it."""
    return f"event: {event}\ndata: {json.dumps(data, cls=NinjaJSONEncoder, ensure_ascii=False)}\n\n"


def on_the_way(event: Step | Token | Restart) -> str:
    match event:
        case Step():
            return server_sent("step", {"name": event.name, "label": event.label})
        case Token():
            return server_sent("token", {"text": event.text})
        case Restart():
            return server_sent("restart", {})


async def with_silences(items: AsyncIterator[T], seconds: float) -> AsyncGenerator[T | None]:
    """`items`, with a None whenever nothing came for `seconds`."""
    coming = asyncio.create_task(_next(items))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=seconds)
            if not done:
                yield None
                continue
            try:
                item = coming.result()
            except StopAsyncIteration:
                return
            yield item
            coming = asyncio.create_task(_next(items))
    finally:
        # The items can only be closed once nobody waits for the next one any more.
        coming.cancel()
        await asyncio.wait({coming})


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)
