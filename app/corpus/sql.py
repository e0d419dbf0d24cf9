"""SQL that migrations run: BM25 weights computed in the database, and triggers that count every chunk."""

FUNCTIONS = """
CREATE FUNCTION attest_lexeme_dimension(lexeme text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- One of a billion dimensions: a million different words collide about 500 times.
    SELECT ((hashtext(lexeme)::bigint + 2147483648) % 1000000000 + 1)::integer
$$;

CREATE FUNCTION attest_bm25_weights(terms tsvector, average double precision, k1 double precision, b double precision)
RETURNS sparsevec LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH counts AS (
        SELECT attest_lexeme_dimension(t.lexeme) AS dimension,
               sum(coalesce(array_length(t.positions, 1), 1))::double precision AS tf
        FROM unnest(terms) AS t GROUP BY 1
    ), total AS (SELECT coalesce(sum(tf), 0) AS length FROM counts)
    SELECT ('{' || coalesce(string_agg(
        dimension || ':' || (tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average)))::real, ','
        ORDER BY dimension), '') || '}/1000000000')::sparsevec
    FROM counts, total
$$;

CREATE FUNCTION attest_term_count(terms tsvector) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(sum(coalesce(array_length(t.positions, 1), 1)), 0)::integer FROM unnest(terms) AS t
$$;
"""

TRIGGERS = """
CREATE FUNCTION attest_count_added_chunks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO corpus_termchange (lexeme, chunks)
    SELECT t.lexeme, count(*) FROM added, unnest(added.terms) AS t GROUP BY t.lexeme;
    INSERT INTO corpus_corpussize (chunks, terms)
    SELECT count(*), sum(term_count) FROM added HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION attest_count_removed_chunks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO corpus_termchange (lexeme, chunks)
    SELECT t.lexeme, -count(*) FROM removed, unnest(removed.terms) AS t GROUP BY t.lexeme;
    INSERT INTO corpus_corpussize (chunks, terms)
    SELECT -count(*), -sum(term_count) FROM removed HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE TRIGGER count_added_chunks AFTER INSERT ON corpus_chunk
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION attest_count_added_chunks();

CREATE TRIGGER count_removed_chunks AFTER DELETE ON corpus_chunk
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION attest_count_removed_chunks();
"""

DROP_TRIGGERS = """
DROP TRIGGER count_added_chunks ON corpus_chunk;
DROP TRIGGER count_removed_chunks ON corpus_chunk;
DROP FUNCTION attest_count_added_chunks();
DROP FUNCTION attest_count_removed_chunks();
"""

DROP_FUNCTIONS = """
DROP FUNCTION attest_bm25_weights(tsvector, double precision, double precision, double precision);
DROP FUNCTION attest_term_count(tsvector);
DROP FUNCTION attest_lexeme_dimension(text);
"""
