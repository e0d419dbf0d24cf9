"""How search grows with the corpus: its time at several sizes, and how much of the exact result the index finds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import quantiles

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray
from pgvector import SparseVector

from app.corpus.access import Reader
from app.corpus.models import TERM_DIMENSIONS, Chunk
from app.corpus.terms import corpus_size
from app.corpus.vectors import drop_index, ensure_index
from app.providers.registry import get_encoder
from evals.bench.generated import Generator, queries, versions
from evals.throwaway import throwaway_database
from ingestion.steps.store import store
from retrieval.index import encoded
from retrieval.search import search
from retrieval.semantic import nearest

QUERIES = 200
WARM_UP = 50
RECALL_QUERIES = 50
DEPTH = 10
INDEX_MEMORY = "2GB"
READER = Reader()
# What the triggers would have counted, row by row.
COUNT_AGAIN = (
    "TRUNCATE corpus_termfrequency, corpus_termchange, corpus_corpussize",
    "INSERT INTO corpus_termfrequency (lexeme, chunks)"
    " SELECT word, ndoc FROM ts_stat('SELECT terms FROM corpus_chunk')",
    "INSERT INTO corpus_corpussize (chunks, terms) SELECT count(*), sum(term_count) FROM corpus_chunk",
)


@dataclass(frozen=True, slots=True)
class Size:
    """Search at `chunks`: milliseconds, and recall@10 of the index against an exact scan.

    `index_s` is the time that making the index took, some milliseconds where it was there already.
    """

    chunks: int
    p50_ms: float
    p95_ms: float
    recall: float
    index_s: float


def measure(sizes: Sequence[int], *, keep: bool = False) -> list[Size]:
    """Each of `sizes` in a database of its own. Those that are kept are measured again without being filled again."""
    found: list[Size] = []
    for size in sorted(sizes):
        with throwaway_database(f"growth_{size}" if keep else ""):
            found.append(_at(size, get_encoder().dimensions))
    return found


def _at(size: int, dimensions: int) -> Size:
    if (missing := size - Chunk.objects.count()) > 0:
        _load(missing, dimensions, seed=size)
    index_s = _make_index(dimensions)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    asked = queries(QUERIES + WARM_UP)
    for query in asked[:WARM_UP]:
        search(query, READER)
    cuts = quantiles([_timed_ms(query) for query in asked[WARM_UP:]], n=100, method="inclusive")
    return Size(size, round(cuts[49], 1), round(cuts[94], 1), _recall(dimensions), index_s)


def _load(chunks: int, dimensions: int, seed: int) -> None:
    """Store so many chunks without the vector index and the word counts, which are made faster afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DROP INDEX IF EXISTS chunk_terms")
    # A kept database may have been left half full.
    name = f"Generated {seed} after {Chunk.objects.count()}"
    made = versions(chunks, Generator(dimensions, seed), name=name)
    for place, (document, version) in enumerate(made):
        store(document, version)
        if place == 0:
            # Not before: a source's first document makes sure of the index.
            drop_index(dimensions)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("SET maintenance_work_mem = %s", [INDEX_MEMORY])
        cursor.execute("CREATE INDEX chunk_terms ON corpus_chunk USING gin (terms)")
        for statement in COUNT_AGAIN:
            cursor.execute(statement)


def _make_index(dimensions: int) -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = %s", [INDEX_MEMORY])
        ensure_index(dimensions)
        cursor.execute("RESET maintenance_work_mem")
    return round(time.perf_counter() - began, 1)


def _timed_ms(query: str) -> float:
    began = time.perf_counter()
    search(query, READER)
    return (time.perf_counter() - began) * 1000


def _recall(dimensions: int) -> float:
    """The share of the truly nearest ten that the index finds, for queries that lie among the chunks."""
    vectors = Generator(dimensions, seed=99).vectors(RECALL_QUERIES)
    return round(float(np.mean([_found_share(vector) for vector in vectors])), 4)


def _found_share(vector: NDArray[np.float32]) -> float:
    by_text = encoded("anything", SparseVector({0: 1.0}, TERM_DIMENSIONS), corpus_size().chunks)[0]
    query = replace(by_text, vector=vector)
    found = {candidate.chunk_id for candidate in nearest(query, READER, depth=DEPTH)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        exact = {candidate.chunk_id for candidate in nearest(query, READER, depth=DEPTH)}
    return len(found & exact) / len(exact)
