"""The keyword branch: chunks with the highest BM25 score for the query's words.

A GIN index picks the chunks that hold any of the query's rarer words; only those are scored. Words
so common that they would pick more than `CANDIDATE_BUDGET` chunks select nothing, though they still
count in the score of what the others picked.
"""

from typing import Any

from django.db import connection

from app.corpus.access import READABLE_SETS_SQL, Reader, access_parameters
from retrieval.filters import EVERYTHING, Filters
from retrieval.fuse import Candidate
from retrieval.index import EncodedQuery
from retrieval.terms import QueryTerm

CANDIDATE_BUDGET = 20_000

SQL = f"""
    SELECT c.id, c.document_id, coalesce(1 - (c.embedding <=> %(vector)s::halfvec), 0),
           -(c.weights <#> %(weights)s::sparsevec)
    FROM corpus_chunk c
    WHERE c.terms @@ %(selection)s::tsquery AND c.generation_id = ANY(%(generations)s)
      AND c.access_set_id = ANY(ARRAY({READABLE_SETS_SQL})){{filters}}
    ORDER BY c.weights <#> %(weights)s::sparsevec, c.id
    LIMIT %(depth)s
"""  # noqa: S608 - the interpolated part is a constant


def strongest(
    terms: list[QueryTerm], query: EncodedQuery, reader: Reader, *, depth: int, filters: Filters = EVERYTHING
) -> list[Candidate]:
    """At most `depth` chunks that `reader` may read, highest BM25 first, each with both of its scores."""
    selection = selective_terms(terms)
    if not selection:
        return []
    parameters: dict[str, Any] = {
        **query.parameters(),
        "selection": " | ".join(quoted(term.lexeme) for term in selection),
        "depth": depth,
        **access_parameters(reader),
        **filters.parameters(),
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(filters=filters.condition()), parameters)
        return [Candidate(*row) for row in cursor.fetchall()]


def selective_terms(terms: list[QueryTerm]) -> list[QueryTerm]:
    """The rarest known words that together pick at most the budget, and at least one."""
    chosen: list[QueryTerm] = []
    picked = 0
    for term in sorted((term for term in terms if term.chunks > 0), key=lambda term: term.chunks):
        picked += term.chunks
        if chosen and picked > CANDIDATE_BUDGET:
            break
        chosen.append(term)
    return chosen


def quoted(lexeme: str) -> str:
    """A lexeme as a literal of the tsquery type."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
