"""How near sentences are in meaning to passages that were found, by the sentence vectors that are stored with them."""

from collections.abc import Collection, Sequence

import numpy as np

from app.corpus.models import Chunk
from app.corpus.sentence_vectors import nearest_sentence
from app.providers.errors import ProviderError
from app.providers.registry import get_hurried_encoder


def nearness(texts: Sequence[str], chunk_ids: Collection[int]) -> dict[int, list[float]]:
    """For each chunk the cosine of its nearest sentence with each text, by chunk id.

    A chunk without vectors of the present encoder is left out, and all are when the encoder fails. One batch for the
    encoder and one query: nothing of a passage is encoded again.
    """
    if not texts or not chunk_ids:
        return {}
    encoder = get_hurried_encoder()
    rows = Chunk.objects.filter(pk__in=chunk_ids, generation__encoder=encoder.name, dimensions=encoder.dimensions)
    stored = [(key, bytes(data)) for key, data in rows.values_list("pk", "sentence_vectors") if data]
    if not stored:
        return {}
    try:
        vectors = encoder.encode_passages(texts)
    except ProviderError:
        return {}
    found: dict[int, list[float]] = {}
    for key, data in stored:
        near = [nearest_sentence(data, np.asarray(vector, dtype=np.float32)) for vector in vectors]
        if None not in near:
            found[key] = [value for value in near if value is not None]
    return found
