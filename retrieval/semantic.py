"""The semantic branch: chunks whose embeddings are nearest to the query's."""

from django.db import connection

from app.corpus.access import READABLE_SETS_SQL, Reader, access_parameters
from retrieval.filters import EVERYTHING, Filters
from retrieval.fuse import Candidate
from retrieval.index import EncodedQuery

# The size of the embeddings stands in the text of the query: only so is it answered from the index of that size.
SQL = f"""
    SELECT c.id, c.document_id, 1 - (c.embedding::halfvec(%(size)s) <=> %(vector)s::halfvec(%(size)s)),
           -(c.weights <#> %(weights)s::sparsevec)
    FROM corpus_chunk c
    WHERE c.dimensions = %(size)s AND c.generation_id = ANY(%(generations)s)
      AND c.access_set_id = ANY(ARRAY({READABLE_SETS_SQL})){{filters}}
    ORDER BY c.embedding::halfvec(%(size)s) <=> %(vector)s::halfvec(%(size)s)
    LIMIT %(depth)s
"""  # noqa: S608 - the interpolated part is a constant


def nearest(query: EncodedQuery, reader: Reader, *, depth: int, filters: Filters = EVERYTHING) -> list[Candidate]:
    """At most `depth` chunks that `reader` may read, nearest first, each with both of its scores."""
    if query.vector is None:
        return []
    parameters = {**query.parameters(), "depth": depth, **access_parameters(reader), **filters.parameters()}
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(filters=filters.condition()), parameters)
        return [Candidate(*row) for row in cursor.fetchall()]
