"""The words of a query with the weight of each: what the keyword branch searches by.

A query's vector holds the inverse document frequency of each lexeme, a chunk's the saturated term
frequency, so that their inner product is BM25 (Robertson and Zaragoza 2009; the idf is Lucene's,
`ln(1 + (N − df + ½) / (df + ½))`, which is never negative).
"""

import math
from dataclasses import dataclass

from django.db import connection
from pgvector import SparseVector

from app.corpus.models import TERM_DIMENSIONS
from app.corpus.terms import TEXT_SEARCH_CONFIGURATION

TERMS_SQL = """
    WITH query AS (
        SELECT lexeme, positions FROM unnest(to_tsvector(%(configuration)s::regconfig, %(text)s))
    )
    SELECT q.lexeme, q.positions, attest_lexeme_dimension(q.lexeme),
           coalesce((SELECT chunks FROM corpus_termfrequency f WHERE f.lexeme = q.lexeme), 0)
         + coalesce((SELECT sum(chunks) FROM corpus_termchange g WHERE g.lexeme = q.lexeme), 0),
           coalesce((SELECT sum(chunks) FROM corpus_corpussize), 0)
    FROM query q
"""


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """`chunks` is in how many chunks the lexeme occurs, 0 for a word the corpus does not know.

    `positions` are its places in the query, counted in words from 1; `corpus` is the number of all chunks.
    """

    lexeme: str
    positions: tuple[int, ...]
    dimension: int
    chunks: int
    corpus: int

    @property
    def idf(self) -> float:
        return idf(self.chunks, self.corpus)


def query_terms(text: str) -> list[QueryTerm]:
    """The lexemes of `text`, rarest first."""
    with connection.cursor() as cursor:
        cursor.execute(TERMS_SQL, {"text": text, "configuration": TEXT_SEARCH_CONFIGURATION})
        rows = cursor.fetchall()
    terms = [
        QueryTerm(word, tuple(places), dimension, int(df), int(size)) for word, places, dimension, df, size in rows
    ]
    return sorted(terms, key=lambda term: (term.chunks, term.lexeme))


def idf(chunks: int, size: int) -> float:
    return math.log(1 + (max(size, chunks) - chunks + 0.5) / (chunks + 0.5))


def query_vector(terms: list[QueryTerm]) -> SparseVector:
    """The query as a sparse vector of idf. Words the corpus does not know match nothing and are left out."""
    return SparseVector({term.dimension - 1: term.idf for term in terms if term.chunks > 0}, TERM_DIMENSIONS)
