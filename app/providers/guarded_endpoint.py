"""Protects an embedding or reranking endpoint: tried again where that can help, left alone where it cannot."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from app.providers.breaking import Breaker
from app.providers.errors import ProviderError
from app.providers.retry import LONGEST_PAUSE_S, pause_before_retry
from app.providers.types import Encoder, Reranker, Vectors
from app.telemetry.metrics import MODEL_CALLS

T = TypeVar("T")


@runtime_checkable
class Hurrying(Protocol):
    """An encoder that waits long for passages, and can be had with a query's patience."""

    def hurried(self) -> Encoder: ...


class GuardedEncoder:
    """An encoder behind a circuit. A query has one try, as somebody waits; passages have `retries` more."""

    def __init__(
        self, encoder: Encoder, breaker: Breaker, *, retries: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self.max_tokens = encoder.max_tokens
        self._encoder = encoder
        self._breaker = breaker
        self._retries = retries
        self._sleep = sleep

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return tried(lambda: self._encoder.encode_passages(texts), self._breaker, self._retries, self._sleep)

    def encode_query(self, text: str) -> Vectors:
        return tried(lambda: self._encoder.encode_query(text), self._breaker, 0, self._sleep)

    def hurried(self) -> "GuardedEncoder":
        """The same encoder for passages that somebody waits for: one try, and no longer than for a query."""
        encoder = self._encoder.hurried() if isinstance(self._encoder, Hurrying) else self._encoder
        return GuardedEncoder(encoder, self._breaker, retries=0)

    def count_tokens(self, text: str) -> int:
        return self._encoder.count_tokens(text)


class GuardedReranker:
    """A reranker behind a circuit, with one try: the order is good without it, and somebody waits."""

    def __init__(self, reranker: Reranker, breaker: Breaker) -> None:
        self.name = reranker.name
        self._reranker = reranker
        self._breaker = breaker

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        return tried(lambda: self._reranker.score(query, texts), self._breaker, 0, time.sleep)


def tried(act: Callable[[], T], breaker: Breaker, retries: int, sleep: Callable[[float], None]) -> T:
    """What `act` gives. Raises its ProviderError when the tries are used up, or CircuitOpen."""
    for attempt in range(retries + 1):
        try:
            return _once(act, breaker)
        except ProviderError as error:
            pause = pause_before_retry(error, attempt)
            if attempt == retries or error.permanent or pause > LONGEST_PAUSE_S:
                raise
        sleep(pause)
    raise AssertionError("the last try returns or raises")


def _once(act: Callable[[], T], breaker: Breaker) -> T:
    entry, began, ended = breaker.entered(), time.perf_counter(), "answered"
    try:
        result = act()
    except ProviderError as error:
        ended = type(error).__name__
        breaker.failed(entry, _ms_since(began), error)
        raise
    except BaseException:
        breaker.abandoned(entry)
        raise
    else:
        breaker.succeeded(entry, _ms_since(began))
        return result
    finally:
        MODEL_CALLS.labels(breaker.label, ended).inc()


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
