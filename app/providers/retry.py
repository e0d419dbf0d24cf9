"""Asks again when a model fails before its first word; what fails after it is for the caller to show."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from app.providers.errors import ProviderError
from app.providers.types import ChatModel, Delta, Finished, Message

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 8.0
PATIENCE_S = 30.0

_dice = random.SystemRandom()


class RetryingChatModel:
    """Exponential backoff with jitter. A `Retry-After` is kept; one over `LONGEST_PAUSE_S` ends the attempts.

    No attempt begins later than `PATIENCE_S` after the first: somebody is waiting.
    """

    def __init__(
        self, model: ChatModel, *, retries: int, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.name = model.name
        self._model = model
        self._retries = retries
        self._sleep = sleep

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        latest_start = time.monotonic() + PATIENCE_S
        for attempt in range(self._retries + 1):
            has_begun = False
            try:
                reply = self._model.stream(messages, max_tokens=max_tokens, temperature=temperature)
                async with aclosing(reply):
                    async for event in reply:
                        has_begun = True
                        yield event
                return
            except ProviderError as error:
                pause = pause_before_retry(error, attempt)
                is_last = attempt == self._retries or time.monotonic() + pause > latest_start
                if has_begun or error.permanent or is_last or pause > LONGEST_PAUSE_S:
                    raise
            await self._sleep(pause)


def pause_before_retry(error: ProviderError, attempt: int) -> float:
    """Seconds to wait after the failed `attempt` (from 0): half of it by chance, so that a crowd spreads."""
    if error.retry_after is not None:
        return error.retry_after
    ceiling = min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S)
    return _dice.uniform(ceiling / 2, ceiling)
