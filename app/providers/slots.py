"""How many calls a model may have at once, counted over all processes; who finds no place in time asks another model.

Waiting is by looking again, so there is no queue: under long pressure chance decides who is next.
"""

import asyncio
import secrets
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager

from app.providers.breaking import in_turn
from app.providers.errors import Busy
from app.providers.shared_state import EXECUTOR, PREFIX, SharedValues, shared_values
from app.providers.types import ChatModel, Delta, Finished, Message

LOOK_AGAIN_S = 0.05
TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""


class Slots:
    """`places` of them. One whose holder died is free again after `longest_s`.

    While Valkey is down each process counts its own.
    """

    def __init__(self, name: str, places: int, *, longest_s: float, values: SharedValues | None = None) -> None:
        self.name = name
        self._places = places
        self._longest_s = longest_s
        self._values = values or shared_values()
        self._key = f"{PREFIX}slots:{name}"
        self._own: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, *, sparing: int = 0) -> str:
        """A token to give back, or "" where all places, or all but `sparing` of them, are taken."""
        token, now, places = secrets.token_hex(8), time.time(), max(1, self._places - sparing)
        limits = (str(now), str(places), str(now + self._longest_s), token, str(int(self._longest_s) + 1))
        taken = self._values.with_valkey(
            lambda valkey: valkey.eval(TAKE, 1, self._key, *limits), lambda: self._take_own(places)
        )
        with self._lock:
            self._own["taken"] += bool(taken)
        return token if taken else ""

    def give_back(self, token: str) -> None:
        with self._lock:
            self._own["taken"] -= 1
        self._values.with_valkey(lambda valkey: valkey.zrem(self._key, token), lambda: 0)

    @contextmanager
    def held(self, *, wait_s: float, sparing: int = 0) -> Iterator[None]:
        """A place for as long as the block runs, for callers that block. Raises Busy after `wait_s`."""
        due = time.monotonic() + wait_s
        while not (token := self.take(sparing=sparing)):
            if time.monotonic() >= due:
                raise Busy(f"{self.name}: as many calls as it may have are running")
            time.sleep(LOOK_AGAIN_S)
        try:
            yield
        finally:
            self.give_back(token)

    def _take_own(self, places: int) -> bool:
        with self._lock:
            return self._own["taken"] < places


class LimitedChatModel:
    """Waits up to `wait_s` for a place. Raises Busy."""

    def __init__(self, model: ChatModel, slots: Slots, *, wait_s: float) -> None:
        self.name = model.name
        self._model = model
        self._slots = slots
        self._wait_s = wait_s

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        token = await self._place()
        try:
            async with aclosing(self._model.stream(messages, max_tokens=max_tokens, temperature=temperature)) as reply:
                async for part in reply:
                    yield part
        finally:
            EXECUTOR.submit(self._slots.give_back, token)

    async def _place(self) -> str:
        due = time.monotonic() + self._wait_s
        while not (token := await in_turn(self._slots.take)):
            if time.monotonic() >= due:
                raise Busy(f"{self.name}: as many calls as it may have are running")
            await asyncio.sleep(LOOK_AGAIN_S)
        return token
