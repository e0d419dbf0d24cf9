"""Runs a question to its end whoever listens: a browser that leaves does not stop it."""

import asyncio
from collections.abc import AsyncGenerator

from app.answers.events import Event, Token
from app.answers.mailbox import Mailbox
from app.answers.pipeline import AlreadyRunning, answer_question
from app.answers.spending import answer_to, spender_of
from app.corpus.access import Reader
from app.usage.metered import on_account_of

__all__ = ["AlreadyRunning", "listen"]
_running: set[asyncio.Task[None]] = set()


async def listen(question_id: int, reader: Reader) -> AsyncGenerator[Event]:
    """The events of the question as they happen. Leaving early only stops the listening.

    Raises AlreadyRunning when another listener's run has the question.
    """
    mailbox = Mailbox[Event](_one_token)
    task = asyncio.create_task(_run(question_id, reader, mailbox))
    _running.add(task)
    task.add_done_callback(_ended)
    while (event := await mailbox.take()) is not None:
        yield event
    await task


def _ended(task: asyncio.Task[None]) -> None:
    """What went wrong is the listener's to say, and was logged; where nobody listens any more it is no news."""
    _running.discard(task)
    if not task.cancelled():
        task.exception()


async def _run(question_id: int, reader: Reader, mailbox: Mailbox[Event]) -> None:
    try:
        with on_account_of(spender_of(reader), lambda: answer_to(question_id)):
            async for event in answer_question(question_id, reader):
                mailbox.put(event)
    finally:
        mailbox.put(None)


def _one_token(first: Event, second: Event) -> Token | None:
    """Tokens that no listener has taken yet become one."""
    return Token(first.text + second.text) if isinstance(first, Token) and isinstance(second, Token) else None
