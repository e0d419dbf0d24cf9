"""Protects an embedding or reranking endpoint: tried again where that can help, left alone where it cannot, and never
asked for more at once than it may have."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

from app.providers.breaking import Breaker
from app.providers.errors import ProviderError
from app.providers.retry import LONGEST_PAUSE_S, pause_before_retry
from app.providers.slots import Slots
from app.providers.types import Encoder, Reranker, Vectors
from app.telemetry.metrics import MODEL_CALLS

T = TypeVar("T")
Place = Callable[[], AbstractContextManager[None]]

# How long a call waits for a place: somebody waits for a query, and nobody for passages that are read in.
QUERY_WAIT_S = 1.0
PASSAGES_WAIT_S = 60.0


@runtime_checkable
class Hurrying(Protocol):
    """An encoder that waits long for passages, and can be had with a query's patience."""

    def hurried(self) -> Encoder: ...


class GuardedEncoder:
    """An encoder behind a circuit. A query has one try, as somebody waits; passages have `retries` more.

    Where it has `slots`, passages that are read in leave one place to questions.
    """

    def __init__(
        self,
        encoder: Encoder,
        breaker: Breaker,
        *,
        retries: int,
        slots: Slots | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self.max_tokens = encoder.max_tokens
        self._encoder = encoder
        self._breaker = breaker
        self._retries = retries
        self._slots = slots
        self._sleep = sleep

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        place = in_bulk(self._slots) if self._retries else at_once(self._slots)
        return tried(
            lambda: self._encoder.encode_passages(texts), self._breaker, place, retries=self._retries, sleep=self._sleep
        )

    def encode_query(self, text: str) -> Vectors:
        return tried(lambda: self._encoder.encode_query(text), self._breaker, at_once(self._slots))

    def hurried(self) -> "GuardedEncoder":
        """The same encoder for passages that somebody waits for: one try, and no longer than for a query."""
        return GuardedEncoder(hurried(self._encoder), self._breaker, retries=0, slots=self._slots)

    def count_tokens(self, text: str) -> int:
        return self._encoder.count_tokens(text)


class GuardedReranker:
    """A reranker behind a circuit, with one try: the order is good without it, and somebody waits."""

    def __init__(self, reranker: Reranker, breaker: Breaker, *, slots: Slots | None = None) -> None:
        self.name = reranker.name
        self._reranker = reranker
        self._breaker = breaker
        self._slots = slots

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        return tried(lambda: self._reranker.score(query, texts), self._breaker, at_once(self._slots))


def hurried(encoder: Encoder) -> Encoder:
    """The encoder with a query's patience, where it has another for passages."""
    return encoder.hurried() if isinstance(encoder, Hurrying) else encoder


def at_once(slots: Slots | None) -> Place:
    return partial(slots.held, wait_s=QUERY_WAIT_S) if slots else nullcontext


def in_bulk(slots: Slots | None) -> Place:
    return partial(slots.held, wait_s=PASSAGES_WAIT_S, sparing=1) if slots else nullcontext


def tried(
    act: Callable[[], T],
    breaker: Breaker,
    place: Place = nullcontext,
    *,
    retries: int = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """What `act` gives. Raises its ProviderError when the tries are used up, CircuitOpen, or Busy without a place."""
    for attempt in range(retries + 1):
        try:
            with place():
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
