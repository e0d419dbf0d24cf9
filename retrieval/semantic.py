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


# How many candidates a scan of the index keeps (hnsw.ef_search): as connections are opened with, and the most there is.
USUAL_WIDTH, MOST_WIDTH = 100, 1000
# Up to so many chunks the usual width finds all but a few of the truly nearest.
USUAL_CORPUS = 100_000
WIDEN_SQL = "SELECT set_config('hnsw.ef_search', %s, false)"


def nearest(query: EncodedQuery, reader: Reader, *, depth: int, filters: Filters = EVERYTHING) -> list[Candidate]:
    """At most `depth` chunks that `reader` may read, nearest first, each with both of its scores."""
    if query.vector is None:
        return []
    parameters = {**query.parameters(), "depth": depth, **access_parameters(reader), **filters.parameters()}
    width = search_width(query.corpus)
    with connection.cursor() as cursor:
        if width > USUAL_WIDTH:
            cursor.execute(WIDEN_SQL, [str(width)])
        cursor.execute(SQL.format(filters=filters.condition()), parameters)
        return [Candidate(*row) for row in cursor.fetchall()]


def search_width(corpus: int) -> int:
    """The width for so many chunks: the index finds less of a larger corpus unless it looks wider.

    docs/performance.md has the recall that it gives at a million.
    """
    return min(MOST_WIDTH, max(USUAL_WIDTH, round(USUAL_WIDTH * (corpus / USUAL_CORPUS) ** 0.9)))
