"""A search request beside the sum of its parts: embedding the query and the two SQL queries."""

import time
from statistics import quantiles
from typing import Any

from django.db import connection

from app.corpus.access import Reader
from app.corpus.terms import fold_changes
from app.providers.registry import get_encoder
from evals.bench.generated import fill, queries
from retrieval.index import encoded
from retrieval.keyword import strongest
from retrieval.search import BRANCH_DEPTH, search
from retrieval.semantic import nearest
from retrieval.terms import query_terms, query_vector

QUERIES = 200
READER = Reader()


def measure(chunks: int) -> dict[str, Any]:
    """Milliseconds at `chunks` chunks in an empty database; `ratio_p95` is whole by parts, both at p95."""
    fill(chunks, get_encoder().dimensions)
    fold_changes()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    asked = queries(QUERIES * 2)
    for query in asked[:20]:
        search(query, READER)
    # In turn, so that whatever else the machine does slows both alike.
    times = [(_parts_ms(one), _timed(other)) for one, other in zip(asked[:QUERIES], asked[QUERIES:], strict=True)]
    parts, whole = [part for part, _ in times], [each for _, each in times]
    return {
        "chunks": chunks,
        "parts_p50_ms": _cut(parts, 50), "parts_p95_ms": _cut(parts, 95),
        "search_p50_ms": _cut(whole, 50), "search_p95_ms": _cut(whole, 95),
        "ratio_p50": round(_cut(whole, 50) / _cut(parts, 50), 2),
        "ratio_p95": round(_cut(whole, 95) / _cut(parts, 95), 2),
    }  # fmt: skip


def _parts_ms(query: str) -> float:
    terms = query_terms(query)
    weights = query_vector(terms)
    began = time.perf_counter()
    for each in encoded(query, weights):
        nearest(each, READER, depth=BRANCH_DEPTH)
        strongest(terms, each, READER, depth=BRANCH_DEPTH)
    return (time.perf_counter() - began) * 1000


def _timed(query: str) -> float:
    began = time.perf_counter()
    search(query, READER)
    return (time.perf_counter() - began) * 1000


def _cut(times: list[float], percent: int) -> float:
    return round(quantiles(times, n=100, method="inclusive")[percent - 1], 2)
