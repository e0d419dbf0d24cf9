"""A local sentence-transformers CrossEncoder as a `Reranker`. Loaded at first use."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.providers.errors import Refused
from app.providers.torch_models import load_offline, running

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class CrossEncoderReranker:
    """`model` is a folder or a cached hub name of a model with one output."""

    def __init__(self, model: str, *, threads: int = 0) -> None:
        self.name = Path(model).name
        self._source = model
        self._threads = threads
        self._loaded: CrossEncoder | None = None
        self._lock = threading.Lock()

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        # One at a time: the tokenizer's truncation is shared state, and two passes fight for the same cores.
        with self._lock:
            model = self._model()
            with running(self.name):
                return [float(score) for score in self._predict(model, query, texts)]

    def _predict(self, model: "CrossEncoder", query: str, texts: Sequence[str]) -> Sequence[float]:
        """Always through a sigmoid, since models differ in whether they come with one."""
        from torch.nn import Sigmoid

        pairs = [(query, text) for text in texts]
        scores: list[float] = model.predict(pairs, activation_fn=Sigmoid(), show_progress_bar=False).tolist()
        return scores

    def _model(self) -> "CrossEncoder":
        if self._loaded is None:
            model = load_offline(self.name, self._build, threads=self._threads)
            if model.num_labels != 1:
                raise Refused(f"The model {self.name!r} has {model.num_labels} outputs; a reranker needs one.")
            self._loaded = model
        return self._loaded

    def _build(self) -> "CrossEncoder":
        from sentence_transformers import CrossEncoder

        return CrossEncoder(self._source, local_files_only=True)
