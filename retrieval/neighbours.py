"""What stands around passages in their documents: the chunks before and after, and the blanks between them.

As in search, the reader's rights and the active generation are conditions inside the SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from django.db import connection

from app.corpus.access import READABLE_SETS_SQL, Reader, access_parameters
from app.corpus.models import IndexGeneration
from retrieval.passage import Passage

# Chunks looked at on each side of a passage. At some 250 tokens each that is more than a section is filled up with.
REACH = 6

CHUNKS_SQL = f"""
    SELECT DISTINCT near.id, near.version_id, near.ordinal, near.heading_path, near.page,
           near.start, near."end", near.text
    FROM corpus_chunk hit
    JOIN corpus_chunk near ON near.version_id = hit.version_id
         AND near.ordinal BETWEEN hit.ordinal - %(reach)s AND hit.ordinal + %(reach)s
    JOIN corpus_indexgeneration generation ON generation.id = near.generation_id AND generation.state = %(active)s
    WHERE hit.id = ANY(%(hits)s) AND near.access_set_id = ANY(ARRAY({READABLE_SETS_SQL}))
    ORDER BY near.version_id, near.ordinal
"""  # noqa: S608 - the interpolated part is a constant

# One stretch of each text, however many chunks: a long text is unpacked anew for each time it is read from.
STRETCHES_SQL = """
    SELECT version.id, substr(version.text, stretch.start + 1, stretch.length)
    FROM unnest(%(versions)s::bigint[], %(starts)s::int[], %(lengths)s::int[]) AS stretch(version_id, start, length)
    JOIN corpus_documentversion version ON version.id = stretch.version_id
"""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A chunk beside a passage, or the passage itself; `gap` is the blank text between it and the next one.

    `gap` is None where none follows directly: the next is not there or not readable, or what stood between was left
    out of the index.
    """

    chunk_id: int
    version_id: int
    ordinal: int
    heading_path: tuple[str, ...]
    page: int | None
    start: int
    end: int
    text: str
    gap: str | None = None

    def passage(self, hit: Passage) -> Passage:
        """As a passage of the document that `hit` stands in; no search ranked it."""
        return replace(
            hit, chunk_id=self.chunk_id, heading_path=self.heading_path, page=self.page, start=self.start, end=self.end,
            text=self.text, semantic=0.0, keyword=0.0, score=0.0,
        )  # fmt: skip


def neighbours(passages: Sequence[Passage], reader: Reader, *, reach: int = REACH) -> list[Neighbour]:
    """The passages' own chunks and up to `reach` on each side, by version and place; in two queries.

    A passage that has gone or was closed since it was found has none, not even itself.
    """
    state = IndexGeneration.State.ACTIVE
    hits = [passage.chunk_id for passage in passages]
    with connection.cursor() as cursor:
        cursor.execute(CHUNKS_SQL, {"hits": hits, "reach": reach, "active": state, **access_parameters(reader)})
        found = [
            Neighbour(pk, version, ordinal, tuple(path), page, start, end, text)
            for pk, version, ordinal, path, page, start, end, text in cursor.fetchall()
        ]
    return _with_gaps(found) if found else []


def _with_gaps(found: Sequence[Neighbour]) -> list[Neighbour]:
    runs = [list(run) for _, run in groupby(found, key=lambda each: each.version_id)]
    texts = _stretches(runs)
    linked = []
    for run in runs:
        text, offset = texts.get(run[0].version_id, ""), run[0].start
        for each, after in pairwise(run):
            between = text[each.end - offset : after.start - offset]
            follows = after.ordinal == each.ordinal + 1 and not between.strip()
            linked.append(replace(each, gap=between) if follows else each)
        linked.append(run[-1])
    return linked


def _stretches(runs: Sequence[Sequence[Neighbour]]) -> dict[int, str]:
    """Of each version the stored text from its first neighbour to its last."""
    parameters = {
        "versions": [run[0].version_id for run in runs],
        "starts": [run[0].start for run in runs],
        "lengths": [run[-1].end - run[0].start for run in runs],
    }
    with connection.cursor() as cursor:
        cursor.execute(STRETCHES_SQL, parameters)
        return dict(cursor.fetchall())
