"""Whether ingestion stays as fast and as small while the corpus grows: a hundred thousand chunks, by ten thousands.

With the product's encoder, on passages of a sentence, as longer ones would take hours; or with vectors that are made
up, which shows what everything after the encoder does by itself: keys, the look for known embeddings, BM25 weights,
the rows, and every entry in the vector index.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

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
# Some 38 tokens, as many as a sentence of 25 English words.
WORDS_TO_EMBED = 8
# Embedded and thrown away after each group, so that every row knows how fast the machine was just then.
BARE_CHUNKS = 60


@dataclass(frozen=True, slots=True)
class Step:
    """Up to `chunks`: the speed since the step before, and the memory of this process and of its database backend.

    `bare_per_s` is the speed of the product's encoder alone in the same minutes.
    """

    chunks: int
    chunks_per_s: float
    bare_per_s: float
    process_mb: int
    database_mb: int


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

    It takes a quarter of an hour: each row is given to `report` as soon as it is known.
    """
    source = create_source(actor=None, name="Generated", kind=Source.Kind.UPLOAD, everyone=True)
    product = get_encoder()
    encoder = MadeUpEncoder(product.dimensions) if made_up else product
    words = WORDS_PER_CHUNK if made_up else WORDS_TO_EMBED
    steps: list[Step] = []
    spent, bare, done = 0.0, _Bare(product), 0
    for texts in _groups(Generator(product.dimensions, seed=1), chunks, words):
        began = time.perf_counter()
        _ingest(source, done, texts, encoder)
        spent += time.perf_counter() - began
        bare.run()
        before, done = done, done + sum(len(each) for each in texts)
        if done // step > before // step:
            began = time.perf_counter()
            # Beat does it every minute.
            fold_changes()
            reweigh()
            spent += time.perf_counter() - began
            since = done - (steps[-1].chunks if steps else 0)
            steps.append(Step(done, round(since / spent, 1), bare.per_s(), _own_mb(), _backend_mb()))
            report(steps[-1])
            spent = 0.0
    return steps


class _Bare:
    """The product's encoder by itself, now and again: how fast this machine is in these minutes."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._generator = Generator(encoder.dimensions, seed=2)
        self._chunks, self._s = 0, 0.0

    def run(self) -> None:
        texts = self._generator.texts(BARE_CHUNKS, WORDS_TO_EMBED)
        began = time.perf_counter()
        self._encoder.encode_passages(texts)
        self._s += time.perf_counter() - began
        self._chunks += len(texts)

    def per_s(self) -> float:
        """Chunks a second since it was asked last."""
        found = round(self._chunks / self._s, 1)
        self._chunks, self._s = 0, 0.0
        return found


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
