"""Words of a query that no readable document has, spelled as the readable documents spell them: "lincon", "peroid".

Whether a word is known, and what it is corrected to, depends on chunks alone that the reader may read, so a correction
tells nothing of any other document. A word is one slip away: two letters swapped, one doubled, left out, too many or,
in a longer word, wrong. The first letter is hardly ever the wrong one. Names and codes are left as they are.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_lowercase
from typing import Any

from django.db import connection

from app.corpus.access import READABLE_SETS_SQL, Reader, access_parameters
from retrieval.terms import QueryTerm

WORD = re.compile(r"(?<![\w.@/'’-])[A-Za-z][a-z]{3,}(?![\w@/'’-]|\.\w)")
# A word in so many chunks is no slip, whoever may read them; below it is looked up with the reader's rights.
COMMON = 100
MOST_WORDS = 4
FEWEST_TO_SHORTEN, FEWEST_TO_EXCHANGE = 5, 8
COUNTED = 20

SQL = f"""
    WITH spelling AS (
        SELECT word, kind, ts_lexize('english_stem', word) AS lexemes
        FROM unnest(%(words)s::text[], %(kinds)s::int[]) AS given(word, kind)
    ), found AS (
        SELECT DISTINCT ON (word) word, kind, lexemes[1] AS lexeme FROM spelling
        WHERE lexemes = '{{}}'
           OR EXISTS (SELECT 1 FROM corpus_termfrequency f WHERE f.lexeme = lexemes[1])
           OR EXISTS (SELECT 1 FROM corpus_termchange g WHERE g.lexeme = lexemes[1])
        ORDER BY word, kind
    )
    SELECT word, kind, CASE WHEN lexeme IS NULL THEN %(counted)s ELSE (
        SELECT count(*) FROM (
            SELECT 1 FROM corpus_chunk c
            WHERE c.terms @@ ('''' || replace(lexeme, '''', '''''') || '''')::tsquery
              AND c.access_set_id = ANY(ARRAY({READABLE_SETS_SQL}))
              -- A stem alone would also allow words that nobody writes.
              AND (kind = 0 OR c.text ~* ('\\m' || word || '\\M'))
            LIMIT %(counted)s
        ) AS readable) END
    FROM found
"""  # noqa: S608 - the interpolated part is a constant


def respelled(query: str, terms: Sequence[QueryTerm], reader: Reader) -> str:
    """The query with its misspelled words corrected, or as it is."""
    rare = [term.lexeme for term in terms if term.chunks < COMMON]
    if not rare:
        return query
    suspects = [match for match in WORD.finditer(query) if _may_be_a_slip(match, rare)][:MOST_WORDS]
    known = {spelling for spelling, _, _ in _readable({match[0].lower(): 0 for match in suspects}, reader)}
    for match in reversed(suspects):
        word = match[0].lower()
        if word not in known and (right := _as_documents_spell_it(word, reader)) != word:
            query = query[: match.start()] + right + query[match.end() :]
    return query


def _may_be_a_slip(match: re.Match[str], rare: Sequence[str]) -> bool:
    """Whether it is one of the rare words and no name."""
    word = match[0].lower()
    is_name = match[0][0].isupper() and match.start() > 0
    return not is_name and any(word.startswith(lexeme[:-1] or lexeme) for lexeme in rare)


def _as_documents_spell_it(word: str, reader: Reader) -> str:
    kinds = dict(reversed(list(_spellings(word))))
    found = [(kind, -count, spelling) for spelling, kind, count in _readable(kinds, reader)]
    return min(found)[2] if found else word


def _readable(kinds: Mapping[str, int], reader: Reader) -> list[tuple[str, int, int]]:
    """Which of the words stand in chunks that `reader` may read: each with its kind and in how many, up to some."""
    if not kinds:
        return []
    parameters: dict[str, Any] = {
        "words": list(kinds),
        "kinds": list(kinds.values()),
        "counted": COUNTED,
        **access_parameters(reader),
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL, parameters)
        return [row for row in cursor.fetchall() if row[2]]


def _spellings(word: str) -> Iterator[tuple[str, int]]:
    """The word itself and what it may have been meant to be, each with its kind: the likeliest has the lowest."""
    places = range(1, len(word))
    yield word, 0
    yield from (
        (word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :], 1) for at in places if word[at] != word[at - 1]
    )
    yield from ((word[:at] + word[at - 1] + word[at:], 2) for at in range(1, len(word) + 1))
    yield from ((word[:at] + word[at + 1 :], 2) for at in places if word[at] == word[at - 1])
    yield from ((word[:at] + letter + word[at:], 3) for at in range(1, len(word) + 1) for letter in ascii_lowercase)
    if len(word) >= FEWEST_TO_SHORTEN:
        yield from ((word[:at] + word[at + 1 :], 4) for at in places)
    if len(word) >= FEWEST_TO_EXCHANGE:
        yield from ((word[:at] + letter + word[at + 1 :], 5) for at in places for letter in ascii_lowercase)
