"""Values that all processes share, kept in Valkey; while it is down, each process goes on with its own copy.

Our own small code, as the libraries for circuit breakers that share their state do not fit (looked at in 2026):
purgatory needs a redis client older than ours, reads and writes in several steps, so that two processes overwrite
each other, and lets everybody through half open; pybreaker knows no asyncio; aiobreaker has had no release since
2021. All of them fail when their store does, while a breaker must never be what breaks an answer.
"""

import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")
log = structlog.get_logger(__name__)

PREFIX = "attest:models:"
KEPT_S = 7 * 24 * 3600
# Valkey answers in less than a millisecond, a stalled machine later; nobody waits longer for it than this, and then
# not again for a while.
PATIENCE_S = 1.0
LEFT_ALONE_S = 10.0
TRIES = 50
SWAP = """
local now = redis.call('GET', KEYS[1])
if (now or '') == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) return 1 end
return 0
"""
# One thread of its own: reports of one process arrive in their order, and the event loop never waits for a socket.
EXECUTOR = ThreadPoolExecutor(max_workers=1, thread_name_prefix="attest-circuits")


class SharedValues:
    """Texts by name, changed atomically."""

    def __init__(self, client: Callable[[], "redis.Redis"]) -> None:
        self._client = client
        self._own: dict[str, str] = {}
        self._lock = threading.Lock()
        self._down_until = 0.0

    def change(self, name: str, act: Callable[[str], tuple[str, T]]) -> T:
        """Replace the value ("" where there is none) by what `act` makes of it. `act` may be called repeatedly."""
        return self.with_valkey(lambda valkey: self._swapped(valkey, name, act), lambda: self._own_changed(name, act))

    def with_valkey(self, shared: Callable[["redis.Redis"], T], alone: Callable[[], T]) -> T:
        """What `shared` gives, or, while Valkey cannot be used, what `alone` gives."""
        if time.monotonic() >= self._down_until:
            try:
                return shared(self._client())
            except (redis.RedisError, OSError) as error:
                self._down_until = time.monotonic() + LEFT_ALONE_S
                log.warning("shared_state_unavailable", error=type(error).__name__)
        return alone()

    def forget(self) -> None:
        """For tests: everything is unknown again."""
        with self._lock:
            self._own.clear()
        self._down_until = 0.0
        self.with_valkey(lambda valkey: [valkey.delete(key) for key in valkey.scan_iter(f"{PREFIX}*")], lambda: [])

    def _swapped(self, valkey: "redis.Redis", name: str, act: Callable[[str], tuple[str, T]]) -> T:
        for _ in range(TRIES):
            raw: Any = valkey.get(PREFIX + name)
            old = raw.decode() if raw else ""
            new, result = act(old)
            if new == old or valkey.eval(SWAP, 1, PREFIX + name, old, new, str(KEPT_S)):
                with self._lock:
                    self._own[name] = new
                return result
        raise redis.RedisError(f"{name} changes too fast")

    def _own_changed(self, name: str, act: Callable[[str], tuple[str, T]]) -> T:
        with self._lock:
            self._own[name], result = act(self._own.get(name, ""))
            return result


@functools.cache
def shared_values() -> SharedValues:
    return SharedValues(_valkey)


@functools.cache
def _valkey() -> "redis.Redis":
    return redis.Redis.from_url(
        str(settings.CACHES["default"]["LOCATION"]),
        socket_timeout=PATIENCE_S,
        socket_connect_timeout=PATIENCE_S,
        retry=Retry(NoBackoff(), 0),
    )
