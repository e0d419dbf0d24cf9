"""The keyword branch: chunks with the highest BM25 score for the query's words.

A GIN index picks the chunks that hold any of the query's rarer words; only those are scored. Words
so common that they would pick more than `candidate_budget` chunks select nothing, though they still
count in the score of what the others picked. Where every word is that common, chunks are picked that
hold several of them, and of more than the budget only a part is scored: so the time of a search is
bounded in a corpus of any size.
"""

import itertools
from typing import Any

from django.db import connection

from app.corpus.access import READABLE_SETS_SQL, Reader, access_parameters
from retrieval.filters import EVERYTHING, Filters
from retrieval.fuse import Candidate
from retrieval.index import EncodedQuery
from retrieval.terms import QueryTerm

CANDIDATE_BUDGET = 20_000
# In a corpus of more chunks than this the picked ones lie farther apart, each on a page of its own that may have to be
# read from disk, so fewer are scored, down to the smaller budget.
USUAL_CORPUS, SMALLEST_BUDGET = 100_000, 5_000

# Only what is returned is compared with the query's embedding: otherwise every chunk that is scored has it fetched.
SQL = f"""
    SELECT best.id, best.document_id, coalesce(1 - (best.embedding <=> %(vector)s::halfvec), 0), -best.distance
    FROM (
        SELECT c.id, c.document_id, c.embedding, c.weights <#> %(weights)s::sparsevec AS distance
        FROM (
            SELECT c.id, c.document_id, c.embedding, c.weights
            FROM corpus_chunk c
            WHERE c.terms @@ %(selection)s::tsquery AND c.generation_id = ANY(%(generations)s)
              AND c.access_set_id = ANY(ARRAY({READABLE_SETS_SQL})){{filters}}
            LIMIT %(budget)s
        ) AS c
        ORDER BY distance, c.id
        LIMIT %(depth)s
    ) AS best
    ORDER BY best.distance, best.id
"""  # noqa: S608 - the interpolated part is a constant


def strongest(
    terms: list[QueryTerm], query: EncodedQuery, reader: Reader, *, depth: int, filters: Filters = EVERYTHING
) -> list[Candidate]:
    """At most `depth` chunks that `reader` may read, highest BM25 first, each with both of its scores."""
    selection = selecting(terms)
    if not selection:
        return []
    parameters: dict[str, Any] = {
        **query.parameters(),
        "selection": selection,
        "depth": depth,
        "budget": candidate_budget(terms[0].corpus),
        **access_parameters(reader),
        **filters.parameters(),
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(filters=filters.condition()), parameters)
        return [Candidate(*row) for row in cursor.fetchall()]


def selecting(terms: list[QueryTerm]) -> str:
    """What chunks must hold to be scored, as a tsquery: any of the rarest words that together pick at most the budget.

    If one alone picks more, as many of them together, rarest first, as would leave the budget if words fell
    independently. Empty if the corpus knows none.
    """
    known = sorted((term for term in terms if term.chunks > 0), key=lambda term: term.chunks)
    if not known:
        return ""
    budget = candidate_budget(known[0].corpus)
    if known[0].chunks > budget:
        return " & ".join(quoted(term.lexeme) for term in _together(known, budget))
    return " | ".join(quoted(term.lexeme) for term in _within(known, budget))


def candidate_budget(corpus: int) -> int:
    """How many chunks are scored at most, in a corpus of so many."""
    return max(min(SMALLEST_BUDGET, CANDIDATE_BUDGET), CANDIDATE_BUDGET * USUAL_CORPUS // max(corpus, USUAL_CORPUS))


def _within(known: list[QueryTerm], budget: int) -> list[QueryTerm]:
    picked = itertools.accumulate(term.chunks for term in known)
    return [term for term, so_far in zip(known, picked, strict=True) if so_far <= budget]


def _together(known: list[QueryTerm], budget: int) -> list[QueryTerm]:
    expected = float(known[0].corpus)
    for place, term in enumerate(known):
        expected *= min(1.0, term.chunks / max(term.corpus, 1))
        if expected <= budget:
            return known[: place + 1]
    return known


def quoted(lexeme: str) -> str:
    """A lexeme as a literal of the tsquery type."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
