"""Several endpoints of one embedding or reranking model as one: each is asked when the one before it fails.

They have to serve the very same model, since vectors of two models cannot be compared; nothing here can tell.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from app.providers.errors import ProviderError
from app.providers.guarded_endpoint import hurried
from app.providers.types import Encoder, Reranker, Vectors

E = TypeVar("E")
T = TypeVar("T")


class FallbackEncoder:
    """Asks its encoders in their order. Raises the last one's error."""

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        first = encoders[0]
        self.name, self.dimensions, self.max_tokens = first.name, first.dimensions, first.max_tokens
        self._encoders = encoders

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return first_that_answers(self._encoders, lambda encoder: encoder.encode_passages(texts))

    def encode_query(self, text: str) -> Vectors:
        return first_that_answers(self._encoders, lambda encoder: encoder.encode_query(text))

    def hurried(self) -> "FallbackEncoder":
        return FallbackEncoder([hurried(encoder) for encoder in self._encoders])

    def count_tokens(self, text: str) -> int:
        return self._encoders[0].count_tokens(text)


class FallbackReranker:
    """Asks its rerankers in their order. Raises the last one's error."""

    def __init__(self, rerankers: Sequence[Reranker]) -> None:
        self.name = rerankers[0].name
        self._rerankers = rerankers

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        return first_that_answers(self._rerankers, lambda reranker: reranker.score(query, texts))


def first_that_answers(endpoints: Sequence[E], ask: Callable[[E], T]) -> T:
    *others, last = endpoints
    for endpoint in others:
        try:
            return ask(endpoint)
        except ProviderError:
            continue
    return ask(last)
