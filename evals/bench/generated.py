"""Chunks made up for measuring search at a given size: real words, vectors in clusters as real ones are."""

import random

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


def fill(chunks: int, dimensions: int, seed: int = 0) -> None:
    """Store `chunks` made-up chunks, open to everyone."""
    rng = np.random.default_rng(seed)
    words = vocabulary(seed)
    topics = rng.normal(size=(TOPICS, dimensions))
    source = create_source(actor=None, name=f"Generated {seed}", kind=Source.Kind.DATASET, everyone=True)
    for number in range(0, chunks, CHUNKS_PER_DOCUMENT):
        count = min(CHUNKS_PER_DOCUMENT, chunks - number)
        document = Document.objects.create(
            source=source, external_id=f"{number}", title=f"Document {number}", access_set=source.access_set
        )
        store(document, _version(number, _texts(rng, words, count), _vectors(rng, topics, count)))


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


def _texts(rng: np.random.Generator, words: list[str], count: int) -> list[str]:
    return [" ".join(_draw(rng, words, WORDS_PER_CHUNK)) for _ in range(count)]


def _draw(rng: np.random.Generator, words: list[str], count: int) -> list[str]:
    # Zipf's law: the n-th word about n times rarer than the first.
    places = np.minimum(rng.zipf(1.3, size=count), len(words)) - 1
    return [words[place] for place in places]


def _vectors(rng: np.random.Generator, topics: NDArray[np.float64], count: int) -> NDArray[np.float32]:
    raw = topics[rng.integers(0, len(topics), size=count)] + SPREAD * rng.normal(size=(count, topics.shape[1]))
    return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)


def _version(number: int, texts: list[str], vectors: NDArray[np.float32]) -> NewVersion:
    whole = "\n\n".join(texts)
    starts = np.cumsum([0] + [len(text) + 2 for text in texts])
    drafts = [
        ChunkDraft(place, (), None, int(starts[place]), int(starts[place]) + len(text), text)
        for place, text in enumerate(texts)
    ]
    return NewVersion(
        title=f"Document {number}", stored=StoredText(whole, (), (), ()),
        chunks=EmbeddedChunks(drafts, texts, vectors), content_hash=f"{number:064d}", original="",
        mime_type="text/plain", size=len(whole), report={}, pipeline="generated",
    )  # fmt: skip
