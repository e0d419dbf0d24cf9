"""The semantic branch: chunks whose embeddings are nearest to the query's."""

from django.db import connection
from pgvector import HalfVector, SparseVector

from app.corpus.access import READABLE_SETS_SQL, Reader, access_parameters
from retrieval.fuse import Candidate

SQL = f"""
    SELECT c.id, c.document_id, 1 - (c.embedding <=> %(vector)s::halfvec), -(c.weights <#> %(weights)s::sparsevec)
    FROM corpus_chunk c
    WHERE c.access_set_id = ANY(ARRAY({READABLE_SETS_SQL}))
    ORDER BY c.embedding <=> %(vector)s::halfvec
    LIMIT %(depth)s
"""  # noqa: S608 - the interpolated part is a constant


def nearest(vector: HalfVector, weights: SparseVector, reader: Reader, *, depth: int) -> list[Candidate]:
    """At most `depth` chunks that `reader` may read, nearest first, each with both of its scores."""
    with connection.cursor() as cursor:
        cursor.execute(
            SQL,
            {"vector": vector.to_text(), "weights": weights.to_text(), "depth": depth, **access_parameters(reader)},
        )
        return [Candidate(*row) for row in cursor.fetchall()]
