"""Runs a question to its end whoever listens: a browser that leaves does not stop it."""

import asyncio
from collections.abc import AsyncGenerator

from app.answers.events import Event
from app.answers.pipeline import AlreadyRunning, answer_question
from app.corpus.access import Reader

__all__ = ["AlreadyRunning", "listen"]
_running: set[asyncio.Task[None]] = set()


async def listen(question_id: int, reader: Reader) -> AsyncGenerator[Event]:
    """The events of the question as they happen. Leaving early only stops the listening.

    Raises AlreadyRunning when another listener's run has the question.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    task = asyncio.create_task(_run(question_id, reader, queue))
    _running.add(task)
    task.add_done_callback(_running.discard)
    while (event := await queue.get()) is not None:
        yield event
    await task


async def _run(question_id: int, reader: Reader, queue: "asyncio.Queue[Event | None]") -> None:
    try:
        async for event in answer_question(question_id, reader):
            queue.put_nowait(event)
    finally:
        queue.put_nowait(None)
