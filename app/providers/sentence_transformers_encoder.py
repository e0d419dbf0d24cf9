"""A local sentence-transformers model as an `Encoder`; torch and the weights are loaded at first use."""

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.providers.torch_models import load_offline, running
from app.providers.types import Span, Vectors

if TYPE_CHECKING:
    from app.providers.sentence_model import SentenceModel

REMEMBERED_QUERIES = 256


class SentenceTransformersEncoder:
    """`model` is a folder or a cached hub name; "" is the packaged all-MiniLM-L6-v2."""

    def __init__(self, model: str = "", *, threads: int = 0) -> None:
        self.name = Path(model).name if model else "all-MiniLM-L6-v2"
        self._source = model
        self._threads = threads
        self._loaded: SentenceModel | None = None
        self._loading = threading.Lock()
        # Two forward passes at once fight for the same cores, and each waits in a spin for its own threads.
        self._computing = threading.Lock()
        self._remembered = lru_cache(REMEMBERED_QUERIES)(self._encode_query)

    @property
    def dimensions(self) -> int:
        return self._model().dimensions

    @property
    def max_tokens(self) -> int:
        return self._model().max_tokens

    def count_tokens(self, text: str) -> int:
        return self._model().count_tokens(text)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        model = self._model()
        vectors = np.empty((len(texts), model.dimensions), dtype=np.float32)
        batches = model.batches(texts)
        with running(self.name):
            for batch in batches:
                with self._computing:
                    vectors[batch.indices] = model.passages(batch)
        return vectors

    def encode_sentences(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[Vectors]]:
        model = self._model()
        vectors = np.empty((len(texts), model.dimensions), dtype=np.float32)
        sentences: list[Vectors] = [np.empty((0, model.dimensions), dtype=np.float32)] * len(texts)
        batches = model.batches(texts)
        with running(self.name):
            for batch in batches:
                own = [spans[index] for index in batch.indices]
                with self._computing:
                    vectors[batch.indices], pooled = model.passages_with_sentences(batch, own)
                for index, rows in zip(batch.indices, pooled, strict=True):
                    sentences[index] = rows
        return vectors, sentences

    def encode_query(self, text: str) -> Vectors:
        return self._remembered(text)

    def encode_by_the_library(self, texts: Sequence[str]) -> Vectors:
        """The same vectors, by sentence-transformers' own `encode`: only for measuring what ours costs or saves."""
        with running(self.name), self._computing:
            return self._model().by_the_library(texts)

    def _encode_query(self, text: str) -> Vectors:
        model = self._model()
        with running(self.name), self._computing:
            vector = model.query(text)
        vector.setflags(write=False)
        return vector

    def _model(self) -> "SentenceModel":
        if self._loaded is None:
            with self._loading:
                if self._loaded is None:
                    self._loaded = load_offline(self.name, self._build, threads=self._threads)
        return self._loaded

    def _build(self) -> "SentenceModel":
        from app.providers.sentence_model import SentenceModel

        return SentenceModel(self._source)
