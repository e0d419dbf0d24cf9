"""Turns the events of a running answer into server-sent events for a browser."""

import json
from collections.abc import AsyncGenerator

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpResponse, StreamingHttpResponse

from app.answers.database_away import AWAY, TOLD
from app.answers.events import Done, Event, Restart, Step, Token
from app.answers.running import AlreadyRunning

log = structlog.get_logger(__name__)
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def as_server_sent_events(events: AsyncGenerator[Event]) -> HttpResponse | StreamingHttpResponse:
    """A stream; or 409 if another listener has the answer, which is known once the first event is asked for."""
    try:
        first = await anext(events)
    except (AlreadyRunning, StopAsyncIteration):
        return HttpResponse(status=409)
    return StreamingHttpResponse(written(first, events), content_type="text/event-stream", headers=HEADERS)


async def written(first: Event, events: AsyncGenerator[Event]) -> AsyncGenerator[str]:
    yield as_text(first)
    try:
        async for event in events:
            yield as_text(event)
    except AWAY as error:
        log.error("answer_stream_without_database", error=type(error).__name__)
        yield written_event("away", {"message": TOLD})


async def give_back_connection() -> None:
    """Let go of the database connection that signing in took: an answer is long and the pool is small."""
    await sync_to_async(close_old_connections)()


async def listen_to_the_end(events: AsyncGenerator[Event]) -> None:
    try:
        async for _ in events:
            pass
    except AlreadyRunning:
        return


def as_text(event: Event) -> str:
    match event:
        case Step():
            return written_event("step", {"name": event.name, "label": event.label})
        case Token():
            return written_event("token", {"text": event.text})
        case Restart():
            return written_event("restart", {})
        case Done():
            return written_event("done", {"answer": event.answer_id})


def written_event(name: str, data: dict[str, str | int]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
