"""Whether ingestion stays as fast and as small while the corpus grows: a hundred thousand chunks, by ten thousands.

With the product's encoder, on passages as long as the product cuts them; or with vectors that are made up, which shows
what everything after the encoder does by itself: keys, the look for known embeddings, BM25 weights, the rows, and every
entry in the vector index.

The encoder does not know how many chunks there are: when it is faster in one row than in another, the machine was. So
its time is clocked apart, and each row also says how fast it would have been with the encoder at its mean speed.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psutil
from django.db import connection

from app.corpus.models import Document, Source
from app.corpus.terms import fold_changes, reweigh
from app.providers.registry import get_encoder
from app.providers.types import Encoder, Vectors
from evals.bench.generated import WORDS_PER_CHUNK, Generator, drafted, new_version
from ingestion.sources import create_source
from ingestion.steps.embed import embed
from ingestion.steps.reuse import known_embeddings
from ingestion.steps.store import store

STEP = 10_000
# As many as a document of some ten pages has, and as many documents as are embedded together.
CHUNKS_PER_DOCUMENT = 40
DOCUMENTS_TOGETHER = 12
# Some 100 tokens, as many as the product puts into a passage (`PASSAGE_TOKENS`).
WORDS_TO_EMBED = 21


@dataclass(frozen=True, slots=True)
class Step:
    """Up to `chunks`: how many since the step before, the seconds they took, and those of them in the encoder.

    The memory is that of this process and of its database backend.
    """

    chunks: int
    since: int
    seconds: float
    encoder_seconds: float
    process_mb: int
    database_mb: int

    @property
    def chunks_per_s(self) -> float:
        return self.since / self.seconds


def with_the_encoder_at_its_mean(steps: Sequence[Step]) -> list[float]:
    """Chunks a second of each step, had the encoder taken its mean time for each chunk of all steps."""
    mean = sum(step.encoder_seconds for step in steps) / sum(step.since for step in steps)
    return [1 / (mean + (step.seconds - step.encoder_seconds) / step.since) for step in steps]


class MadeUpEncoder:
    """Vectors out of nothing, as fast as they can be drawn."""

    max_tokens = 256

    def __init__(self, dimensions: int) -> None:
        self.name = "made up"
        self.dimensions = dimensions
        self._generator = Generator(dimensions)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._generator.vectors(len(texts))

    def encode_query(self, text: str) -> Vectors:
        vector: Vectors = self._generator.vectors(1)[0]
        return vector

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def measure(
    chunks: int, step: int = STEP, *, made_up: bool = False, report: Callable[[Step], None] = lambda step: None
) -> list[Step]:
    """Store `chunks` in an empty database, their vectors `made_up` or embedded; one row for each `step` of them.

    It takes half an hour: each row is given to `report` as soon as it is known.
    """
    source = create_source(actor=None, name="Generated", kind=Source.Kind.UPLOAD, everyone=True)
    product = get_encoder()
    encoder: Any = _Clocked(MadeUpEncoder(product.dimensions) if made_up else product)
    words = WORDS_PER_CHUNK if made_up else WORDS_TO_EMBED
    steps: list[Step] = []
    spent, done = 0.0, 0
    for texts in _groups(Generator(product.dimensions, seed=1), chunks, words):
        began = time.perf_counter()
        _ingest(source, done, texts, encoder)
        spent += time.perf_counter() - began
        before, done = done, done + sum(len(each) for each in texts)
        if done // step > before // step:
            began = time.perf_counter()
            # Beat does it every minute.
            fold_changes()
            reweigh()
            spent += time.perf_counter() - began
            since = done - (steps[-1].chunks if steps else 0)
            steps.append(Step(done, since, spent, encoder.taken_s(), _own_mb(), _backend_mb()))
            report(steps[-1])
            spent = 0.0
    return steps


class _Clocked:
    """An encoder, and the seconds that it takes."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._s = 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._encoder, name)
        return self._clocked(found) if name.startswith("encode_") else found

    def _clocked(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def clocked(*args: Any) -> Any:
            began = time.perf_counter()
            try:
                return act(*args)
            finally:
                self._s += time.perf_counter() - began

        return clocked

    def taken_s(self) -> float:
        """Since it was asked last."""
        taken, self._s = self._s, 0.0
        return taken


def _groups(generator: Generator, chunks: int, words: int) -> Iterator[list[list[str]]]:
    """Texts of documents that are embedded together, made outside of what is measured."""
    together = CHUNKS_PER_DOCUMENT * DOCUMENTS_TOGETHER
    for begin in range(0, chunks, together):
        count = min(together, chunks - begin)
        texts = generator.texts(count, words)
        yield [texts[start : start + CHUNKS_PER_DOCUMENT] for start in range(0, count, CHUNKS_PER_DOCUMENT)]


def _ingest(source: Source, number: int, texts: list[list[str]], encoder: Encoder) -> None:
    made = [drafted(each) for each in texts]
    embedded = embed([(f"Document {number}", drafts) for _, drafts in made], encoder, known_embeddings)
    for place, ((stored, _), chunks) in enumerate(zip(made, embedded, strict=True)):
        key = number + place * CHUNKS_PER_DOCUMENT
        document = Document.objects.create(
            source=source, external_id=f"{key}", title=f"Document {key}", access_set=source.access_set
        )
        store(document, new_version(key, stored, chunks))


def _own_mb() -> int:
    return round(psutil.Process().memory_info().rss / 1e6)


def _backend_mb() -> int:
    """Of the database process that serves this connection, without what all share; 0 where it is elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    try:
        held = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0
    return round((held.rss - held.shared) / 1e6)
