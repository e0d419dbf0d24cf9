"""The servers that the product asks (chat, embeddings, reranking), each of which can be made to fail in any way."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from app.providers.tests.misbehaving_server import MisbehavingServer, Request, _plain

Vectors = Callable[[Sequence[str]], list[list[float]]]
HOST = "127.0.0.1"
# A queue of this length is full after as many connections and one more; Linux then lets further ones wait.
FILLERS = 4


class Door(MisbehavingServer):
    """Behaves as `plays` says, whatever model is asked for. With `vectors`, embeddings are real while it plays none."""

    def __init__(self, usual: str = "", vectors: Vectors | None = None) -> None:
        super().__init__()
        self._usual = usual
        self._vectors = vectors
        self._turn = 0
        self.plays = usual

    def play(self, behaviour: str) -> None:
        """A new name each time, so that the server counts its requests anew."""
        self._turn += 1
        self.plays = f"{behaviour}-n{self._turn}"

    def behave(self) -> None:
        self.plays = self._usual

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if not self.plays and self._vectors is not None:
            rows = await asyncio.to_thread(self._vectors, request.body["input"])
            data = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(rows)]
            reply = {"object": "list", "data": data, "model": request.body["model"], "usage": {"prompt_tokens": 1}}
            await _plain(writer, 200, reply)
            return
        body: dict[str, Any] = request.body | {"model": self.plays}
        await super()._answer(Request(request.path, request.headers, body), writer)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Nobody listens on the port."""
        self._run(self._stop())
        try:
            yield
        finally:
            self._reopen()

    @contextmanager
    def unreachable(self) -> Iterator[None]:
        """Somebody seems to listen, but no connection is ever made: as behind a firewall that drops packets."""
        with self.refusing(), socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            deaf.bind((HOST, self._port))
            deaf.listen(0)
            waiting = [socket.socket() for _ in range(FILLERS)]
            try:
                for each in waiting:
                    each.setblocking(False)
                    with suppress(BlockingIOError):
                        each.connect((HOST, self._port))
                yield
            finally:
                for each in waiting:
                    each.close()

    def _reopen(self) -> None:
        for attempt in range(20):
            try:
                self._run(self.start())
                return
            except OSError:
                if attempt == 19:
                    raise
                time.sleep(0.1)

    def _run(self, act: Any) -> None:
        asyncio.run_coroutine_threadsafe(act, self._loop).result(10)
