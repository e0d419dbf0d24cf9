"""Reads the best candidates and says how much of the question each repeats, and how near its nearest sentence is."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.corpus.models import Chunk
from app.corpus.sentence_vectors import nearest_sentence
from retrieval.fuse import Scored
from retrieval.index import EncodedQuery
from retrieval.overlap import overlap


@dataclass(frozen=True, slots=True)
class Read:
    """By chunk id: the overlap in wording, and the cosine of the nearest sentence where sentences are known."""

    wording: dict[int, float]
    sentences: dict[int, float]


def read(query: str, encoded: Sequence[EncodedQuery], ranked: Sequence[Scored]) -> Read:
    rows = Chunk.objects.filter(pk__in=[item.chunk_id for item in ranked]).values_list(
        "pk", "text", "generation_id", "sentence_vectors"
    )
    vector_of = {key: each.vector for each in encoded for key in each.generations if each.vector is not None}
    texts: dict[int, str] = {}
    sentences: dict[int, float] = {}
    for key, text, generation, vectors in rows:
        texts[key] = text
        nearest = nearest_sentence(bytes(vectors), vector_of[generation]) if generation in vector_of else None
        if nearest is not None:
            sentences[key] = nearest
    return Read(overlap(query, texts), sentences)
