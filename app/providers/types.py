"""What the rest of the product knows of a model: three shapes, for encoding, reranking and chat.

Whoever implements one may wrap another of the same shape (retry, breaker, fallback); callers cannot tell.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@runtime_checkable
class Encoder(Protocol):
    """Text to unit vectors. Safe to call from several threads. Raises `ProviderError`."""

    @property
    def name(self) -> str:
        """Stable name of the model, stored beside what it encoded."""
        ...

    @property
    def dimensions(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are read; the rest is ignored."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Array of shape [len(texts), dimensions], rows of unit length, in the order given."""
        ...

    def encode_query(self, text: str) -> Vectors:
        """Array of shape [dimensions], of unit length. The caller must not write into it."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of the whole text, without the markers that the model puts around it."""
        ...


Span = tuple[int, int]


@runtime_checkable
class SentenceEncoder(Encoder, Protocol):
    """An encoder that also tells what each sentence of a passage means where it stands, from the same forward pass."""

    def encode_sentences(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[Vectors]]:
        """The passages as `encode_passages` has them, and for each an array [len(spans), dimensions] of unit rows.

        `spans` are character offsets of the sentences in their text; the row of a sentence that lies past what the
        model reads is zero. A sentence's row is the mean of its tokens as the whole passage colours them
        (Günther et al. 2024, "Late chunking").
        """
        ...


@runtime_checkable
class Reranker(Protocol):
    """Reads question and passage together. Raises `ProviderError`."""

    @property
    def name(self) -> str: ...

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """One score in [0, 1] for each text, in the order given; higher is more relevant."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the reply, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a reply. `estimated` says that the server sent no token counts and these are guesses."""

    prompt_tokens: int
    completion_tokens: int
    reason: str
    estimated: bool = False


@runtime_checkable
class ChatModel(Protocol):
    """A language model that streams its reply."""

    @property
    def name(self) -> str: ...

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        """Deltas and then exactly one `Finished`, or a `ProviderError`: a reply never just stops.

        Closing the generator early hangs up on the model.
        """
        ...
