"""Upkeep of what BM25 needs to know of the whole corpus: document frequencies and the average length.

Triggers write every change of the chunks into insert-only tables, whichever way a chunk comes or
goes, so writers never wait for each other and the sums are exact at all times. Folding only keeps
those tables short. Stored weights contain the average length at the time of writing; when it has
moved by more than a tenth, the weights are computed again.
"""

from dataclasses import dataclass

from django.db import connection, transaction

TEXT_SEARCH_CONFIGURATION = "english"
# Passages are short and of much the same length, so neither repetition nor length tells as much as in whole documents.
K1 = 0.9
B = 0.4
# Before there are many chunks the average would jump: it starts as if there were this many of usual length.
PRIOR_CHUNKS = 50
PRIOR_TERMS = 60
DRIFT = 0.1
REWEIGH_BATCH = 2000
FOLD_LOCK = 7_201_002

FOLD_SQL = """
    WITH gone AS (DELETE FROM corpus_termchange RETURNING lexeme, chunks),
         sums AS (SELECT lexeme, sum(chunks) AS chunks FROM gone GROUP BY lexeme HAVING sum(chunks) <> 0)
    INSERT INTO corpus_termfrequency (lexeme, chunks) SELECT lexeme, chunks FROM sums ORDER BY lexeme
    ON CONFLICT (lexeme) DO UPDATE SET chunks = corpus_termfrequency.chunks + EXCLUDED.chunks
"""
FOLD_SIZE_SQL = """
    WITH gone AS (DELETE FROM corpus_corpussize RETURNING chunks, terms)
    INSERT INTO corpus_corpussize (chunks, terms)
    SELECT sum(chunks), sum(terms) FROM gone HAVING count(*) > 0
"""
REWEIGH_SQL = """
    UPDATE corpus_chunk SET weights = attest_bm25_weights(terms, %(average)s, %(k1)s, %(b)s),
                            weighed_with = %(average)s
    WHERE id IN (
        SELECT id FROM corpus_chunk
        WHERE weighed_with NOT BETWEEN %(average)s * (1 - %(drift)s) AND %(average)s * (1 + %(drift)s)
        ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    )
"""


@dataclass(frozen=True, slots=True)
class Size:
    """The corpus in chunks and in terms (lexeme occurrences)."""

    chunks: int
    terms: int

    @property
    def average_terms(self) -> float:
        return (self.terms + PRIOR_CHUNKS * PRIOR_TERMS) / (self.chunks + PRIOR_CHUNKS)


def corpus_size() -> Size:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(chunks), 0), coalesce(sum(terms), 0) FROM corpus_corpussize")
        chunks, terms = cursor.fetchone()
    return Size(int(chunks), int(terms))


@transaction.atomic
def fold_changes() -> bool:
    """Fold the logged changes into the frequencies; False when another process is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FOLD_LOCK])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(FOLD_SQL)
        cursor.execute("DELETE FROM corpus_termfrequency WHERE chunks <= 0")
        cursor.execute(FOLD_SIZE_SQL)
    return True


def reweigh() -> int:
    """Compute again the weights whose average length has drifted; returns how many chunks it changed."""
    average, changed = corpus_size().average_terms, 0
    parameters = {"average": average, "k1": K1, "b": B, "drift": DRIFT, "batch": REWEIGH_BATCH}
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(REWEIGH_SQL, parameters)
            if cursor.rowcount == 0:
                return changed
            changed += cursor.rowcount
