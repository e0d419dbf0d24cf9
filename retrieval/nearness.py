"""Looks up where the query's words stand in the candidates, for the proximity part of the score."""

from collections import defaultdict
from collections.abc import Sequence

from django.db import connection

from retrieval.fuse import Candidate
from retrieval.proximity import closeness, neighbouring_pairs
from retrieval.terms import QueryTerm

SQL = """
    SELECT c.id, t.lexeme, t.positions
    FROM corpus_chunk c, unnest(c.terms) AS t
    WHERE c.id = ANY(%(ids)s) AND t.lexeme = ANY(%(lexemes)s) AND t.positions IS NOT NULL
"""


def closeness_of(candidates: Sequence[Candidate], terms: Sequence[QueryTerm]) -> dict[int, float]:
    """The proximity of each candidate, by chunk id; empty for a query without two words that follow each other."""
    pairs = neighbouring_pairs(
        {term.lexeme: term.positions for term in terms}, {term.lexeme: term.idf for term in terms}
    )
    if not pairs or not candidates:
        return {}
    places: dict[int, dict[str, list[int]]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"ids": [each.chunk_id for each in candidates], "lexemes": [term.lexeme for term in terms]})
        for chunk_id, lexeme, positions in cursor.fetchall():
            places[chunk_id][lexeme] = positions
    return {chunk_id: closeness(pairs, found) for chunk_id, found in places.items()}
