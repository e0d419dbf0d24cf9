"""The vector indexes: one HNSW index for each size of embedding there is.

Embeddings of different encoders lie in one column; an index needs one size, so each covers the
chunks of one size alone, and a query names that size to be answered from it.
"""

from django.db import connection, transaction

INDEX_LOCK = 7_214_001
HNSW_M = 16
HNSW_CANDIDATES_WHILE_BUILDING = 64


def index_name(dimensions: int) -> str:
    return f"chunk_embedding_{int(dimensions)}"


def ensure_index(dimensions: int) -> None:
    """Make the index for embeddings of that size unless it is there. Writers of chunks wait while it is made."""
    if _is_there(dimensions):
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [INDEX_LOCK])
        # An index cannot be made while checks on rows of this very transaction are put off to its end.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(index_sql(dimensions))


def _is_there(dimensions: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [index_name(dimensions)])
        return cursor.fetchone()[0] is not None


def drop_index(dimensions: int) -> None:
    """For loading many chunks at once; `ensure_index` makes it again."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {index_name(dimensions)}")


def index_sql(dimensions: int) -> str:
    size = int(dimensions)
    return (
        f"CREATE INDEX IF NOT EXISTS {index_name(size)} ON corpus_chunk"
        f" USING hnsw ((embedding::halfvec({size})) halfvec_cosine_ops)"
        f" WITH (m = {HNSW_M}, ef_construction = {HNSW_CANDIDATES_WHILE_BUILDING}) WHERE dimensions = {size}"
    )
