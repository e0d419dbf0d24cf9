"""Valkey as the limits use it: asked briefly, and done without where it does not answer.

A limit that cannot be looked up lets everything through: asking goes on, a metric and a log line tell.
"""

import functools
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis
import structlog
from django.conf import settings
from limits.storage import RedisStorage
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.telemetry.metrics import LIMITS_UNCHECKED

log = structlog.get_logger(__name__)
T = TypeVar("T")
PATIENCE_S = 0.25
# After a failure nobody waits for Valkey again before this has passed.
REST_S = 5.0
PREFIX = "attest:limits"
CONNECTION: dict[str, Any] = {
    "socket_timeout": PATIENCE_S,
    "socket_connect_timeout": PATIENCE_S,
    # A connection that a restart of Valkey cut is replaced once, without a pause.
    "retry": Retry(NoBackoff(), 1),
}


class _Rest:
    """Until when Valkey is left alone, on the clock of `time.monotonic`."""

    until = 0.0


def unless_down(act: Callable[[], T], otherwise: T) -> T:
    """What `act` returns; `otherwise` where Valkey is down. Never raises a RedisError."""
    if time.monotonic() < _Rest.until:
        LIMITS_UNCHECKED.inc()
        return otherwise
    try:
        return act()
    except redis.RedisError as error:
        _Rest.until = time.monotonic() + REST_S
        LIMITS_UNCHECKED.inc()
        log.warning("limits_unchecked", error=type(error).__name__, pause_s=REST_S)
        return otherwise


def forget() -> None:
    """Connect anew at the next use, and without a rest: for tests that change the address."""
    _Rest.until = 0.0
    storage.cache_clear()


@functools.cache
def storage() -> RedisStorage:
    """The windows of the limits. Connections are made at the first use."""
    return RedisStorage(
        str(settings.CACHES["default"]["LOCATION"]).replace("unix://", "redis+unix://"),
        key_prefix=PREFIX,
        **CONNECTION,
    )


def client() -> redis.Redis:
    connected: redis.Redis = storage().get_connection()  # type: ignore[assignment]
    return connected
