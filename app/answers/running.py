"""Runs a question to its end whoever listens: a browser that leaves does not stop it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from app.answers.events import Event, Token
from app.answers.pipeline import AlreadyRunning, answer_question
from app.corpus.access import Reader

__all__ = ["AlreadyRunning", "listen"]
_running: set[asyncio.Task[None]] = set()


async def listen(question_id: int, reader: Reader) -> AsyncGenerator[Event]:
    """The events of the question as they happen. Leaving early only stops the listening.

    Raises AlreadyRunning when another listener's run has the question.
    """
    mailbox = _Mailbox()
    task = asyncio.create_task(_run(question_id, reader, mailbox))
    _running.add(task)
    task.add_done_callback(_running.discard)
    while (event := await mailbox.take()) is not None:
        yield event
    await task


async def _run(question_id: int, reader: Reader, mailbox: "_Mailbox") -> None:
    try:
        async for event in answer_question(question_id, reader):
            mailbox.put(event)
    finally:
        mailbox.put(None)


class _Mailbox:
    """Events in their order, None at the end. Tokens that nobody has taken yet become one, to write less often."""

    def __init__(self) -> None:
        self._waiting: deque[Event | None] = deque()
        self._has_mail = asyncio.Event()

    def put(self, event: Event | None) -> None:
        last = self._waiting[-1] if self._waiting else None
        if isinstance(event, Token) and isinstance(last, Token):
            self._waiting[-1] = Token(last.text + event.text)
        else:
            self._waiting.append(event)
        self._has_mail.set()

    async def take(self) -> Event | None:
        while not self._waiting:
            self._has_mail.clear()
            await self._has_mail.wait()
        return self._waiting.popleft()
