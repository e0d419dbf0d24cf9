"""Which generations of the index answer now, and a query encoded for those of one encoder.

Sources may be on different encoders while one is being exchanged. A query is encoded with each,
and looks at the generations of that encoder alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connection
from pgvector import HalfVector, SparseVector

from app.providers.errors import ProviderError
from app.providers.registry import EncoderOrigin, encoder_from
from app.providers.types import Vectors
from app.telemetry.metrics import ENCODER_FAILURES

log = structlog.get_logger(__name__)
ACTIVE_SQL = """
    SELECT encoder, encoder_model, encoder_url, dimensions, id
    FROM corpus_indexgeneration WHERE state = 'active' ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class EncodedQuery:
    """`vector` has unit length; None where no encoder could be used, so that only words can be looked for.

    `generations` are ids, as they were active when the search began: a switch meanwhile makes no gap.
    `corpus` is the number of all chunks, 0 where it was not asked for.
    """

    vector: Vectors | None
    weights: SparseVector
    size: int
    generations: Sequence[int]
    corpus: int = 0

    def parameters(self) -> dict[str, Any]:
        return {
            "vector": None if self.vector is None else HalfVector(self.vector).to_text(),
            "weights": self.weights.to_text(),
            "size": self.size,
            "generations": list(self.generations),
        }


def active_generations() -> dict[EncoderOrigin, list[int]]:
    """The generations that answer, by their encoder."""
    found: dict[EncoderOrigin, list[int]] = {}
    by_identity: dict[tuple[str, int], EncoderOrigin] = {}
    with connection.cursor() as cursor:
        cursor.execute(ACTIVE_SQL)
        for name, model, url, dimensions, key in cursor.fetchall():
            # The same model may have been configured at different places over time.
            origin = by_identity.setdefault((name, dimensions), EncoderOrigin(name, model, url, dimensions))
            found.setdefault(origin, []).append(key)
    return found


def encoded(query: str, weights: SparseVector, corpus: int = 0) -> list[EncodedQuery]:
    """The query for each encoder that answers.

    An encoder that fails beside one that works leaves out its own sources alone: scores with and without
    meaning cannot be compared. Where none works, all sources are searched by words alone.
    """
    made: list[EncodedQuery] = []
    failed: list[EncodedQuery] = []
    for origin, generations in active_generations().items():
        try:
            vector = encoder_from(origin).encode_query(query)
        except ProviderError as error:
            failed.append(EncodedQuery(None, weights, origin.dimensions, generations, corpus))
            ENCODER_FAILURES.inc()
            log.warning("encoder_failed_for_query", encoder=origin.name, error=type(error).__name__)
        else:
            made.append(EncodedQuery(vector, weights, origin.dimensions, generations, corpus))
    return made or failed


def is_by_words_alone(encodings: Sequence[EncodedQuery]) -> bool:
    return bool(encodings) and all(each.vector is None for each in encodings)
