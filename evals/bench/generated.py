"""Chunks made up for measuring at a given size: words as frequent as real ones, vectors in clusters like those."""

import random
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from app.corpus.models import Document, Source
from ingestion.documents import ChunkDraft, StoredText
from ingestion.sources import create_source
from ingestion.steps.embed import EmbeddedChunks
from ingestion.steps.store import NewVersion, store

CHUNKS_PER_DOCUMENT = 250
WORDS_PER_CHUNK = 90
VOCABULARY = 20_000
TOPICS = 200
SPREAD = 0.6
Matrix = NDArray[np.float64]


class Generator:
    """Texts and unit vectors from one seed; the vectors lie around the same topics whatever the seed."""

    def __init__(self, dimensions: int, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._words = vocabulary(0)
        self._topics: Matrix = np.random.default_rng(0).normal(size=(TOPICS, dimensions))

    def texts(self, count: int, words: int = WORDS_PER_CHUNK) -> list[str]:
        """Each is one sentence of `words`, so that a model can quote it."""
        return [f"{' '.join(_draw(self._rng, self._words, words)).capitalize()}." for _ in range(count)]

    def vectors(self, count: int) -> NDArray[np.float32]:
        near = self._topics[self._rng.integers(0, TOPICS, size=count)]
        raw = near + SPREAD * self._rng.normal(size=(count, self._topics.shape[1]))
        return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)


def fill(chunks: int, dimensions: int, seed: int = 0) -> None:
    """Store `chunks` made-up chunks, open to everyone."""
    for document, version in versions(chunks, Generator(dimensions, seed), name=f"Generated {seed}"):
        store(document, version)


def versions(
    chunks: int, generator: Generator, *, name: str, per_document: int = CHUNKS_PER_DOCUMENT
) -> Iterator[tuple[Document, NewVersion]]:
    """Documents of a new source, made as they are asked for, each with the version to store for it."""
    source = create_source(actor=None, name=name, kind=Source.Kind.UPLOAD, everyone=True)
    for number in range(0, chunks, per_document):
        count = min(per_document, chunks - number)
        document = Document.objects.create(
            source=source, external_id=f"{number}", title=f"Document {number}", access_set=source.access_set
        )
        yield document, _version(number, drafted(generator.texts(count)), generator.vectors(count))


def drafted(texts: list[str]) -> tuple[StoredText, list[ChunkDraft]]:
    starts = np.cumsum([0] + [len(text) + 2 for text in texts])
    drafts = [
        ChunkDraft(place, (), None, int(starts[place]), int(starts[place]) + len(text), text)
        for place, text in enumerate(texts)
    ]
    return StoredText("\n\n".join(texts), (), (), ()), drafts


def vocabulary(seed: int) -> list[str]:
    """Words that no stemmer folds together."""
    letters = random.Random(seed)  # noqa: S311 - not for secrets
    return [
        "".join(letters.choices("bcdfghklmnprtvz", k=1) + letters.choices("aou", k=1)) * 2
        + "".join(letters.choices("bcdfghklmnprtvz", k=4))
        for _ in range(VOCABULARY)
    ]


def queries(count: int, seed: int = 1) -> list[str]:
    """Queries of five words, common and rare mixed as in `fill`."""
    rng, words = np.random.default_rng(seed), vocabulary(0)
    return [" ".join(_draw(rng, words, 5)) for _ in range(count)]


def _draw(rng: np.random.Generator, words: list[str], count: int) -> list[str]:
    # Zipf's law: the n-th word about n times rarer than the first.
    places = np.minimum(rng.zipf(1.3, size=count), len(words)) - 1
    return [words[place] for place in places]


def _version(number: int, made: tuple[StoredText, list[ChunkDraft]], vectors: NDArray[np.float32]) -> NewVersion:
    stored, drafts = made
    texts = [draft.text for draft in drafts]
    return new_version(number, stored, EmbeddedChunks(drafts, texts, vectors))


def new_version(number: int, stored: StoredText, chunks: EmbeddedChunks) -> NewVersion:
    return NewVersion(
        title=f"Document {number}", stored=stored, chunks=chunks, content_hash=f"{number:064d}", original="",
        mime_type="text/plain", size=len(stored.text), report={}, pipeline="generated",
    )  # fmt: skip
