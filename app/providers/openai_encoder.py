"""Embeddings from any OpenAI-compatible endpoint, as an `Encoder`."""

import copy
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import openai

from app.providers.errors import Malformed, Refused
from app.providers.metering import Use, counted, tell
from app.providers.openai_errors import translated
from app.providers.types import Vectors
from app.providers.whole_time import bounded_client

TEXTS_PER_REQUEST = 64
REMEMBERED_QUERIES = 256
# Errs on the side of more tokens than there are, so that the server cuts nothing off.
BYTES_PER_TOKEN = 3


class OpenAIEncoder:
    """`count_tokens` is an estimate, since the server's tokenizer is unknown here. A query waits less than passages."""

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str,
        dimensions: int,
        max_tokens: int = 512,
        timeout_s: float = 60,
        query_timeout_s: float = 5,
    ) -> None:
        self.name = model
        self.dimensions = dimensions
        self.max_tokens = max_tokens
        self._remembered = lru_cache(REMEMBERED_QUERIES)(self._encode_query)
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=openai.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
            http_client=bounded_client(),
        )
        self._for_queries = self._client.with_options(
            timeout=openai.Timeout(query_timeout_s, connect=min(query_timeout_s, 5.0))
        )

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        starts = range(0, len(texts), TEXTS_PER_REQUEST)
        parts = [self._embed(texts[start : start + TEXTS_PER_REQUEST], self._client) for start in starts]
        return np.concatenate([np.empty((0, self.dimensions), np.float32), *parts])

    def encode_query(self, text: str) -> Vectors:
        return self._remembered(text)

    def hurried(self) -> "OpenAIEncoder":
        """The same encoder, which waits for passages no longer than for a query."""
        other = copy.copy(self)
        other._client = self._for_queries
        return other

    def count_tokens(self, text: str) -> int:
        return -(-len(text.encode()) // BYTES_PER_TOKEN)

    def _encode_query(self, text: str) -> Vectors:
        vector: Vectors = self._embed([text], self._for_queries)[0]
        vector.setflags(write=False)
        return vector

    def _embed(self, texts: Sequence[str], client: openai.OpenAI) -> Vectors:
        with translated(self.name):
            reply = client.embeddings.create(model=self.name, input=list(texts), encoding_format="float")
            vectors = self._vectors(reply)
        read = counted(getattr(reply.usage, "prompt_tokens", None))
        tell(Use("embedding", self.name, read, sum(map(len, texts))))
        return self._checked(vectors, len(texts))

    def _vectors(self, reply: Any) -> Vectors:
        """In the order of the texts. The client checks nothing of what came."""
        try:
            rows = sorted(reply.data, key=lambda row: row.index)
            return np.array([row.embedding for row in rows], dtype=np.float32)
        except (AttributeError, TypeError, LookupError):
            raise Malformed(f"{self.name}: the reply holds no embeddings") from None

    def _checked(self, vectors: Vectors, count: int) -> Vectors:
        if vectors.ndim != 2 or len(vectors) != count:
            raise Malformed(f"{self.name}: asked for {count} embeddings, got an array of {vectors.shape}")
        if vectors.shape[1] != self.dimensions:
            raise Refused(
                f"{self.name} gives {vectors.shape[1]} numbers per embedding, but ATTEST_ENCODER_DIMENSIONS"
                f" is {self.dimensions}. Set it to {vectors.shape[1]} and index the documents anew."
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise Malformed(f"{self.name}: an embedding has no direction")
        return (vectors / lengths).astype(np.float32)
