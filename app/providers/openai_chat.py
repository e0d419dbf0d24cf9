"""A language model behind any OpenAI-compatible endpoint, streamed. Its silence is bounded at every stage."""

import asyncio
import weakref
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import openai
from structlog.contextvars import get_contextvars

from app.providers.chat_reply import ChatReply
from app.providers.errors import ProviderError, Timeout
from app.providers.openai_errors import translated
from app.providers.types import Delta, Finished, Message

# How long a finished reply may take to add its token counts; nobody should wait for bookkeeping.
WAIT_FOR_USAGE_S = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that we wait: to connect, for the first token, between tokens, and for the whole reply."""

    connect_s: float = 5.0
    first_token_s: float = 20.0
    next_token_s: float = 15.0
    total_s: float = 120.0


class OpenAIChatModel:
    """Retries nothing itself: see `RetryingChatModel`."""

    def __init__(self, name: str, *, base_url: str, api_key: str, patience: Patience | None = None) -> None:
        self.name = name
        self._base_url = base_url
        self._api_key = api_key
        self._patience = patience or Patience()
        # Connections belong to the event loop that opened them.
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = (
            weakref.WeakKeyDictionary()
        )

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        reply = ChatReply(self.name, messages)
        try:
            async with aclosing(self._chunks(reply, max_tokens, temperature)) as chunks:
                async for chunk in chunks:
                    if text := reply.read(chunk):
                        yield Delta(text)
        except ProviderError:
            if not reply.is_complete():
                raise
        yield reply.finished()

    async def _chunks(self, reply: ChatReply, max_tokens: int, temperature: float) -> AsyncGenerator[Any]:
        clock = _Clock(self.name, self._patience)
        with translated(self.name):
            async with clock.waiting(reply):
                chunks = await self._request(reply.messages, max_tokens, temperature)
            try:
                while True:
                    async with clock.waiting(reply):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        return
                    yield chunk
                    clock.restart(reply)
            finally:
                await chunks.close()

    async def _request(self, messages: Sequence[Message], max_tokens: int, temperature: float) -> Any:
        wire: Any = [{"role": message.role, "content": message.content} for message in messages]
        request_id = get_contextvars().get("request_id")
        body = {
            "model": self.name, "messages": wire, "max_tokens": max_tokens, "temperature": temperature,
            "stream": True, "stream_options": {"include_usage": True},
        }  # fmt: skip
        # As plain dictionaries: making the client's typed objects of each token costs half of an answer's whole time.
        return await self._client().post(
            "/chat/completions",
            cast_to=object,
            body=body,
            options={"headers": {"X-Request-ID": str(request_id)}} if request_id else {},
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )

    def _client(self) -> openai.AsyncOpenAI:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = openai.AsyncOpenAI(
                base_url=self._base_url,
                # Local servers want no key, but the client refuses to start without one.
                api_key=self._api_key or "none",
                max_retries=0,
                timeout=openai.Timeout(self._patience.total_s, connect=self._patience.connect_s),
            )
        return self._clients[loop]


class _Clock:
    """When patience with one reply ends. Time that the reader takes between tokens is not the model's."""

    def __init__(self, name: str, patience: Patience) -> None:
        self._name = name
        self._patience = patience
        now = asyncio.get_running_loop().time()
        self._end = now + patience.total_s
        self._due = now + patience.first_token_s

    def restart(self, reply: ChatReply) -> None:
        if reply.has_begun():
            limit = WAIT_FOR_USAGE_S if reply.is_complete() else self._patience.next_token_s
            self._due = asyncio.get_running_loop().time() + limit

    def waiting(self, reply: ChatReply) -> "_Waiting":
        return _Waiting(min(self._due, self._end), f"{self._name}: {self._complaint(reply)}")

    def _complaint(self, reply: ChatReply) -> str:
        if self._end <= self._due:
            return f"did not finish within {self._patience.total_s:g} s"
        if reply.has_begun():
            return f"fell silent for {self._patience.next_token_s:g} s"
        return f"did not begin to answer within {self._patience.first_token_s:g} s"


class _Waiting:
    """`asyncio.timeout_at` that raises our own `Timeout`."""

    def __init__(self, when: float, complaint: str) -> None:
        self._timeout = asyncio.timeout_at(when)
        self._complaint = complaint

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        try:
            await self._timeout.__aexit__(*error)
        except TimeoutError:
            raise Timeout(self._complaint) from None
