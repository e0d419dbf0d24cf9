"""Several models as one: each is asked when the one before it fails."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from app.providers.errors import ProviderError, Timeout
from app.providers.types import ChatModel, Delta, Finished, Message


class FallbackChatModel:
    """Goes on to the next model until one has said a word; what fails after it is for the caller to show.

    No model is begun later than `patience_s` after the first: somebody is waiting. Raises the last one's error.
    """

    def __init__(self, models: Sequence[ChatModel], *, patience_s: float) -> None:
        self.name = models[0].name
        self._models = models
        self._patience_s = patience_s

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        latest_start = time.monotonic() + self._patience_s
        for position, model in enumerate(self._models, start=1):
            has_begun = False
            try:
                reply = model.stream(messages, max_tokens=max_tokens, temperature=temperature)
                async with aclosing(reply):
                    async for part in reply:
                        has_begun = True
                        yield part
                return
            except ProviderError:
                if has_begun or position == len(self._models) or time.monotonic() > latest_start:
                    raise


class WholeReply:
    """Says nothing before the reply is whole, so that one which breaks off midway can be asked for elsewhere.

    Raises Timeout when that takes longer than `within_s`.
    """

    def __init__(self, model: ChatModel, *, within_s: float) -> None:
        self.name = model.name
        self._model = model
        self._within_s = within_s

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        try:
            async with asyncio.timeout(self._within_s):
                reply = self._model.stream(messages, max_tokens=max_tokens, temperature=temperature)
                async with aclosing(reply):
                    parts = [part async for part in reply]
        except TimeoutError:
            raise Timeout(f"{self.name}: took longer than {self._within_s:g} s") from None
        for part in parts:
            yield part
