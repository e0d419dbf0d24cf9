"""Tells of each attempt how it went: to whoever listens, and to the metrics."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from app.providers.chat_reply import CHARACTERS_PER_TOKEN
from app.providers.errors import NotAsked, ProviderError
from app.providers.types import ChatModel, Delta, Finished, Message
from app.telemetry.metrics import MODEL_CALLS, MODEL_FIRST_TOKEN_SECONDS

ANSWERED = "answered"
STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a model. `ended` is "answered", "stopped" by the reader, or an error's name such as "Timeout".

    Tokens of a call that failed midway are estimated: they may have to be paid. `name` is ours, `model` the vendor's.
    """

    name: str
    model: str
    ended: str
    message: str
    ms: float
    first_token_ms: float | None
    prompt_tokens: int
    completion_tokens: int
    estimated: bool


class NotedChatModel:
    """Passes everything on unchanged."""

    def __init__(self, model: ChatModel, *, name: str, note: Callable[[Attempt], None]) -> None:
        self.name = model.name
        self._model = model
        self._own_name = name
        self._note = note

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        watch = _Watch(messages)
        ended, message = STOPPED, ""
        try:
            async with aclosing(self._model.stream(messages, max_tokens=max_tokens, temperature=temperature)) as reply:
                async for part in reply:
                    watch.heard(part)
                    yield part
            ended = ANSWERED
        except ProviderError as error:
            ended, message = type(error).__name__, str(error)
            if isinstance(error, NotAsked):
                watch.prompt_tokens = 0
            raise
        except (GeneratorExit, asyncio.CancelledError):
            ended = ANSWERED if watch.finished else STOPPED
            raise
        finally:
            self._tell(watch.attempt(self._own_name, self.name, ended, message))

    def _tell(self, attempt: Attempt) -> None:
        MODEL_CALLS.labels(f"chat-{attempt.name}", attempt.ended).inc()
        if attempt.first_token_ms is not None:
            MODEL_FIRST_TOKEN_SECONDS.labels(attempt.name).observe(attempt.first_token_ms / 1000)
        self._note(attempt)


class _Watch:
    def __init__(self, messages: Sequence[Message]) -> None:
        self._began = time.perf_counter()
        self._first_ms: float | None = None
        self._characters = 0
        self.prompt_tokens = sum(len(message.content) for message in messages) // CHARACTERS_PER_TOKEN + 1
        self.finished: Finished | None = None

    def heard(self, part: Delta | Finished) -> None:
        if self._first_ms is None:
            self._first_ms = self._ms()
        if isinstance(part, Finished):
            self.finished = part
        else:
            self._characters += len(part.text)

    def attempt(self, name: str, model: str, ended: str, message: str) -> Attempt:
        counted = self.finished or Finished(
            self.prompt_tokens, -(-self._characters // CHARACTERS_PER_TOKEN), "", estimated=True
        )
        return Attempt(
            name=name,
            model=model,
            ended=ended,
            message=message,
            ms=round(self._ms(), 1),
            first_token_ms=None if self._first_ms is None else round(self._first_ms, 1),
            prompt_tokens=counted.prompt_tokens,
            completion_tokens=counted.completion_tokens,
            estimated=counted.estimated,
        )

    def _ms(self) -> float:
        return (time.perf_counter() - self._began) * 1000
