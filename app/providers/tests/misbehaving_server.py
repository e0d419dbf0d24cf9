"""An OpenAI-compatible server on loopback that behaves as the model's name says; see `mock_behaviour`.

Deterministic, and fast enough to be the other end of a load test:
`python -m app.providers.tests.misbehaving_server --port 8090`, model `mock-ttft200-itl10-len120`.
It chats (`/chat/completions`, always streamed), embeds (`/embeddings`) and reranks (`/rerank`).
"""

import argparse
import asyncio
import hashlib
import json
import random
import threading
from collections import Counter
from dataclasses import dataclass

from app.providers.tests.mock_behaviour import Behaviour, read_name
from app.providers.tests.mock_replies import LONGEST, tokens

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: dict


class CutError(Exception):
    """Drop the connection here."""


class MisbehavingServer:
    """`with MisbehavingServer() as server:` serves at `server.url` from a thread. `requests` is what came."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[Request] = []
        self._port = port
        self._seen: Counter[str] = Counter()
        self._running: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def serve_forever(self) -> None:
        await self.start()
        await self._server.serve_forever()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> "MisbehavingServer":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self._loop).result(10)
        return self

    def __exit__(self, *error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        connections = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read_request(reader):
                self.requests.append(request)
                await self._answer(request, writer)
        except (CutError, ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        model = request.body.get("model", "mock")
        behaviour, earlier = read_name(model), self._seen[model]
        self._seen[model] += 1
        status = behaviour.status_of(earlier, self._running[model])
        if status != 200:
            return await _plain(writer, status, _error(status), behaviour)
        self._running[model] += 1
        try:
            return await self._serve(request, writer, behaviour, behaviour.dice(earlier))
        finally:
            self._running[model] -= 1

    async def _serve(
        self, request: Request, writer: asyncio.StreamWriter, behaviour: Behaviour, dice: random.Random
    ) -> None:
        if request.path.endswith("/models"):
            return await _plain(writer, 200, {"object": "list", "data": [{"id": "mock", "object": "model"}]})
        if request.path.endswith(("/embeddings", "/rerank")):
            return await _vectors_or_scores(request, writer, behaviour, dice)
        return await _Stream(writer, request.body, behaviour, dice).play()


class _Stream:
    """One streamed chat completion."""

    def __init__(self, writer: asyncio.StreamWriter, body: dict, behaviour: Behaviour, dice: random.Random) -> None:
        self._writer = writer
        self._behaviour = behaviour
        self._dice = dice
        self._model = body.get("model", "mock")
        messages = body.get("messages", [])
        self._prompt = "\n".join(message["content"] for message in messages)
        self._tokens = tokens(behaviour, messages, dice, body.get("max_tokens") or LONGEST)
        self._wants_usage = (body.get("stream_options") or {}).get("include_usage", False)

    async def play(self) -> None:
        flags = self._behaviour.flags
        if "hang" in flags:
            await asyncio.sleep(3600)
        if "html" in flags:
            return await _plain(self._writer, 200, "<html><body>Sign in to the proxy</body></html>")
        _head(self._writer, 200, EVENT_STREAM, {"Transfer-Encoding": "chunked"})
        await asyncio.sleep(self._behaviour.first_token_s(self._dice))
        if await self._play_tokens():
            await self._finish()
        return await self._send_raw(b"")

    async def _play_tokens(self) -> bool:
        """False where the stream just ends."""
        await self._event(self._chunk({"role": "assistant", "content": ""}))
        if "thinking" in self._behaviour.flags:
            await self._event(self._chunk({"reasoning_content": "Let me see."}))
        for index, token in enumerate(self._tokens[: self._cut_at()]):
            if index == self._behaviour.number("end"):
                return False
            await self._misbehave(index)
            await self._event(self._chunk({"content": token}))
            await asyncio.sleep(self._behaviour.between_tokens_s(self._dice))
        return True

    def _cut_at(self) -> int | None:
        """After how many tokens the reply ends for its length; None where it does not."""
        if not self._behaviour.has("cutlen"):
            return None
        return self._behaviour.number("cutlen", len(self._tokens) // 2)

    async def _misbehave(self, index: int) -> None:
        if index == self._behaviour.number("hang"):
            await asyncio.sleep(3600)
        if index == self._behaviour.number("cut"):
            raise CutError
        if index == self._behaviour.number("error"):
            await self._event(_error(500))
        if index == 3 and "malformed" in self._behaviour.flags:
            await self._send_raw(b'data: {"choices": [{"delta": {"cont\n\n')

    async def _finish(self) -> None:
        await self._event(self._chunk({}, self._reason()))
        if self._wants_usage and "nousage" not in self._behaviour.flags:
            counts = {"prompt_tokens": len(self._prompt.split()), "completion_tokens": len(self._tokens)}
            usage = {**counts, "total_tokens": sum(counts.values())}
            await self._event({**self._chunk({}), "choices": [], "usage": usage})
        await self._send_raw(b"data: [DONE]\n\n")

    def _reason(self) -> str:
        if "filtered" in self._behaviour.flags:
            return "content_filter"
        return "length" if self._behaviour.has("cutlen") or self._behaviour.has("repeat") else "stop"

    def _chunk(self, delta: dict, reason: str | None = None) -> dict:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        base = {"id": "mock-1", "object": "chat.completion.chunk", "created": 0, "model": self._model}
        return {**base, "choices": [choice]}

    async def _event(self, payload: dict) -> None:
        await self._send_raw(b"data: " + json.dumps(payload).encode() + b"\n\n")

    async def _send_raw(self, data: bytes) -> None:
        self._writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self._writer.drain()


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().strip().split("\r\n")
    pairs = [line.split(":", 1) for line in lines]
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(first.split(" ")[1], headers, json.loads(body) if body else {})


def _head(writer: asyncio.StreamWriter, status: int, kind: str, extra: dict[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} Mock", f"Content-Type: {kind}", *(f"{k}: {v}" for k, v in extra.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())


async def _plain(
    writer: asyncio.StreamWriter, status: int, content: dict | str, behaviour: Behaviour | None = None
) -> None:
    data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    extra = {"Content-Length": str(len(data))}
    if behaviour and behaviour.number("retryafter") >= 0:
        extra["Retry-After"] = str(behaviour.number("retryafter"))
    _head(writer, status, "text/html" if isinstance(content, str) else "application/json", extra)
    writer.write(data)
    await writer.drain()


def _error(status: int) -> dict:
    return {"error": {"message": f"mock failure, prompt quoted: SECRET {status}", "type": "mock", "code": status}}


async def _vectors_or_scores(
    request: Request, writer: asyncio.StreamWriter, behaviour: Behaviour, dice: random.Random
) -> None:
    if "hang" in behaviour.flags:
        await asyncio.sleep(3600)
    if "cut" in behaviour.flags:
        raise CutError
    await asyncio.sleep(behaviour.first_token_s(dice))
    if "html" in behaviour.flags:
        return await _plain(writer, 200, "<html><body>Sign in to the proxy</body></html>")
    if "malformed" in behaviour.flags:
        return await _plain(writer, 200, {"data": "none", "results": "none"})
    if "dribble" in behaviour.flags:
        return await _dribbled(writer)
    reply = _scores if request.path.endswith("/rerank") else _embeddings
    return await _plain(writer, 200, reply(request.body, behaviour))


async def _dribbled(writer: asyncio.StreamWriter) -> None:
    """White space, which JSON allows: no read waits long, and the reply never comes."""
    _head(writer, 200, "application/json", {"Content-Length": "1000"})
    for _ in range(50):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.2)
    raise CutError


def _scores(body: dict, behaviour: Behaviour) -> dict:
    """How many of the query's words each text has, the best first, as the protocol has it."""
    query = set(body["query"].lower().split())
    shares = [len(query & set(text.lower().split())) / max(len(query), 1) for text in body["documents"]]
    rows = [{"index": index, "relevance_score": share} for index, share in enumerate(shares)]
    rows = [] if "empty" in behaviour.flags else sorted(rows, key=lambda row: -row["relevance_score"])
    return {"model": body["model"], "results": rows}


def _embeddings(body: dict, behaviour: Behaviour) -> dict:
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    size = behaviour.number("dim", 16)
    rows = [{"object": "embedding", "index": i, "embedding": _embedding(t, size)} for i, t in enumerate(texts)]
    if "empty" in behaviour.flags:
        rows = []
    # Backwards, as the protocol allows: the index says where each belongs.
    return {"object": "list", "data": rows[::-1], "model": body["model"], "usage": {"prompt_tokens": 1}}


def _embedding(text: str, size: int) -> list[float]:
    """A bag of hashed words: texts that share words are near each other."""
    vector = [0.01] * size
    for word in text.lower().split():
        vector[hashlib.sha256(word.encode()).digest()[0] % size] += 2.0
    return vector


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    server = MisbehavingServer(parser.parse_args().port)
    print(f"listening on http://127.0.0.1:{parser.parse_args().port}/v1", flush=True)
    asyncio.run(server.serve_forever())
