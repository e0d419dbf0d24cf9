"""A local cross-encoder for natural language inference: does a passage entail a sentence, or contradict it?

`model` is a folder or a cached hub name of a sentence-transformers CrossEncoder with three outputs, which its
configuration names (`entailment`, `contradiction`, `neutral`). Loaded at first use.
"""

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from django.conf import settings

from app.providers.errors import Refused
from app.providers.torch_models import load_offline, running

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

LABELS = ("entailment", "contradiction")
MORE_THAN_ONE = 2


@dataclass(frozen=True, slots=True)
class Inference:
    """Probabilities of both; what is left is for neither."""

    entailment: float
    contradiction: float


class EntailmentModel(Protocol):
    """Raises `ProviderError`."""

    @property
    def name(self) -> str: ...

    def infer(self, pairs: Sequence[tuple[str, str]]) -> list[Inference]:
        """One for each pair of a passage and a sentence, in the order given."""
        ...


@functools.cache
def get_entailment_model() -> EntailmentModel | None:
    """The model named by `ATTEST_ENTAILMENT_MODEL`; None where none is configured."""
    if not settings.ATTEST_ENTAILMENT_MODEL:
        return None
    return CrossEncoderEntailment(settings.ATTEST_ENTAILMENT_MODEL, threads=settings.ATTEST_TORCH_THREADS)


class CrossEncoderEntailment:
    def __init__(self, model: str, *, threads: int = 0) -> None:
        self.name = Path(model).name
        self._source = model
        self._threads = threads
        self._loaded: CrossEncoder | None = None
        self._columns = (0, 0)
        self._lock = threading.Lock()

    def infer(self, pairs: Sequence[tuple[str, str]]) -> list[Inference]:
        if not pairs:
            return []
        # One at a time, as with the reranker: the tokenizer's truncation is shared state.
        with self._lock:
            model = self._model()
            with running(self.name):
                return self._predict(model, pairs)

    def _predict(self, model: "CrossEncoder", pairs: Sequence[tuple[str, str]]) -> list[Inference]:
        rows = model.predict(list(pairs), apply_softmax=True, show_progress_bar=False).tolist()
        entailment, contradiction = self._columns
        return [Inference(float(row[entailment]), float(row[contradiction])) for row in rows]

    def _model(self) -> "CrossEncoder":
        if self._loaded is None:
            model = load_offline(self.name, self._build, threads=self._threads)
            self._columns = self._columns_of(model)
            self._loaded = model
        return self._loaded

    def _columns_of(self, model: "CrossEncoder") -> tuple[int, int]:
        """Models differ in the order of their outputs; only their names tell."""
        labels: dict[int, str] = getattr(model.config, "id2label", None) or {}
        names = {str(label).lower(): int(place) for place, label in labels.items()}
        found = [next((place for name, place in names.items() if name.startswith(label)), -1) for label in LABELS]
        if min(found) < 0 or model.num_labels < MORE_THAN_ONE:
            raise Refused(
                f"The model {self.name!r} names its outputs {', '.join(names)}; "
                "an entailment model needs outputs named entailment and contradiction."
            )
        return found[0], found[1]

    def _build(self) -> "CrossEncoder":
        from sentence_transformers import CrossEncoder

        return CrossEncoder(self._source, local_files_only=True)
