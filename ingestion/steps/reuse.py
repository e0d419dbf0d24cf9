"""Embeddings that are there already: the same text with the same encoder is never embedded twice.

It does not matter in which document, version, generation or source the text stood before.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection
from pgvector import HalfVector

from app.providers.types import Encoder, Vectors

KNOWN_SQL = """
    SELECT wanted.key, held.embedding::text, held.sentence_vectors
    FROM unnest(%s::uuid[]) AS wanted(key),
         LATERAL (SELECT c.embedding, c.sentence_vectors FROM corpus_chunk c
                  WHERE c.embedding_key = wanted.key LIMIT 1) AS held
"""
KEYS_PER_QUERY = 5000
# What is stored of a text beside its vector: change it whenever that changes, so that nothing older is reused.
WITH_SENTENCES = "sentences-1"


def embedding_key(encoder: Encoder, text: str) -> UUID:
    """Names the embedding of `text` by `encoder`. A model's name and size are its identity."""
    digest = hashlib.sha256(f"{encoder.name}\0{encoder.dimensions}\0{WITH_SENTENCES}\0{text}".encode()).digest()
    return UUID(bytes=digest[:16])


@dataclass(frozen=True, slots=True)
class Embedding:
    """A text's vector, of unit length, and those of its sentences (`app.corpus.sentence_vectors`)."""

    vector: Vectors
    sentences: bytes


def known_embeddings(keys: Collection[UUID]) -> dict[UUID, Embedding]:
    """The stored embeddings of those `keys` that some chunk has."""
    wanted = list(keys)
    found: dict[UUID, Embedding] = {}
    with connection.cursor() as cursor:
        for begin in range(0, len(wanted), KEYS_PER_QUERY):
            cursor.execute(KNOWN_SQL, [wanted[begin : begin + KEYS_PER_QUERY]])
            found |= {key: Embedding(_vector(text), bytes(rows)) for key, text, rows in cursor.fetchall()}
    return found


def _vector(text: str) -> Vectors:
    return np.asarray(HalfVector.from_text(text).to_list(), dtype=np.float32)
