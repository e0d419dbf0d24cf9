"""Answers counted by what became of them, for any keys, in one query however many answers there are."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Expression, F, QuerySet
from django.db.models.functions import TruncDate

from app.answers.models import Answer
from app.quality.intervals import Figure, wilson
from app.quality.slices import ALL, FIRST_SOURCE, Slice, with_first_found

COUNTS_SQL = """
WITH chosen (id, outcome, {keys}) AS MATERIALIZED ({chosen}),
checked AS (
    SELECT sentence.answer_id,
           count(*) FILTER (WHERE sentence.verdict <> 'no_claim') AS claims,
           count(*) FILTER (WHERE sentence.verdict = 'supported') AS supported
    FROM answers_answersentence sentence JOIN chosen ON chosen.id = sentence.answer_id
    GROUP BY sentence.answer_id
), reported AS (
    SELECT DISTINCT citation.answer_id
    FROM answers_citationreport report JOIN answers_citation citation ON citation.id = report.citation_id
    WHERE report.finding <> 'fine'
), looked AS (
    SELECT chosen.*, feedback.value AS thumb, reported.answer_id IS NOT NULL AS is_reported,
           coalesce(checked.claims, 0) AS claims, coalesce(checked.supported, 0) AS supported
    FROM chosen
    LEFT JOIN answers_feedback feedback ON feedback.answer_id = chosen.id
    LEFT JOIN checked ON checked.answer_id = chosen.id
    LEFT JOIN reported ON reported.answer_id = chosen.id
)
SELECT {keys},
       count(*),
       count(*) FILTER (WHERE outcome = 'not_found'),
       count(*) FILTER (WHERE outcome = 'caveat'),
       count(*) FILTER (WHERE outcome = 'conflict'),
       count(*) FILTER (WHERE outcome = 'degraded'),
       count(*) FILTER (WHERE outcome = 'refused'),
       count(*) FILTER (WHERE thumb = 'up'),
       count(*) FILTER (WHERE thumb = 'down'),
       count(*) FILTER (WHERE claims > 0),
       count(*) FILTER (WHERE claims > 0 AND supported = claims),
       count(*) FILTER (WHERE claims > supported * 2),
       count(*) FILTER (WHERE is_reported),
       count(*) FILTER (WHERE outcome = 'not_found' OR thumb = 'down' OR is_reported OR claims > supported * 2)
FROM looked GROUP BY {keys}
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of answers. `checked`: those with sentences that claim something; `supported`: all of these are supported.

    `low_support`: fewer than half are. `reported`: a citation was, and nobody found that it is fine. `troubled`: not
    found, a thumb down, reported or little supported.
    """

    answers: int = 0
    not_found: int = 0
    caveat: int = 0
    conflict: int = 0
    degraded: int = 0
    refused: int = 0
    up: int = 0
    down: int = 0
    checked: int = 0
    supported: int = 0
    low_support: int = 0
    reported: int = 0
    troubled: int = 0

    @property
    def rated(self) -> int:
        return self.up + self.down

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, each.name) - getattr(other, each.name) for each in fields(self)))

    def share(self, name: str) -> Figure | None:
        """With Wilson's interval; None of nothing. Each answer counts once, so the interval is not too narrow."""
        return wilson(*self.parts(name))

    def parts(self, name: str) -> tuple[int, int]:
        """Of how many answers it is true, and how many there are of which it could be."""
        part, whole = SHARES[name]
        return getattr(self, part), getattr(self, whole)


# Each share by what it counts and of what.
SHARES: Mapping[str, tuple[str, str]] = {
    "not_found": ("not_found", "answers"),
    "caveat": ("caveat", "answers"),
    "conflict": ("conflict", "answers"),
    "degraded": ("degraded", "answers"),
    "refused": ("refused", "answers"),
    "helpful": ("up", "rated"),
    "unhelpful": ("down", "rated"),
    "supported": ("supported", "checked"),
    "low_support": ("low_support", "checked"),
    "reported": ("reported", "answers"),
    "troubled": ("troubled", "answers"),
}


class Cell(NamedTuple):
    """What answers are counted by, so that any part of them can be added up without asking again."""

    day: date
    source_id: int | None
    model: str
    prompt_version: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers of a span: of everybody, or of those in one group."""

    cells: Mapping[Cell, Counts]

    def by(self, name: str, slice_: Slice = ALL) -> dict[Any, Counts]:
        """The counts of a slice for each value of a field of `Cell`. A slice's group is the tally's own."""
        found: dict[Any, Counts] = {}
        for cell, counts in self.cells.items():
            if _is_in(cell, slice_):
                key = getattr(cell, name)
                found[key] = found[key] + counts if key in found else counts
        return found

    def total(self, slice_: Slice = ALL) -> Counts:
        return sum(self.by("model", slice_).values(), Counts())

    def most_used(self, name: str) -> tuple[str, ...]:
        """Models or prompt versions, by how many answers were made with them."""
        counted = self.by(name)
        return tuple(sorted(counted, key=lambda each: (-counted[each].answers, each)))


def tally(first: date, last: date, group_id: int | None = None) -> Tally:
    answers = with_first_found(Slice(group_id=group_id).answers(first, last))
    day, source = TruncDate("finished_at", tzinfo=UTC), F(FIRST_SOURCE)
    found = counts_by(answers, day=day, source=source, made_by=F("model"), prompt=F("prompt_version"))
    return Tally({Cell(*keys): counts for keys, counts in found.items()})


def counts_by(answers: QuerySet[Answer], **keys: Expression | F) -> dict[tuple[Any, ...], Counts]:
    """The counts for each combination of values of `keys`, whose names are used in the query."""
    chosen = answers.annotate(**keys).order_by().values_list("pk", "outcome", *keys)
    sql, parameters = chosen.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(COUNTS_SQL.format(chosen=sql, keys=", ".join(keys)), parameters)
        return {row[: len(keys)]: Counts(*row[len(keys) :]) for row in cursor.fetchall()}


def _is_in(cell: Cell, slice_: Slice) -> bool:
    return (
        (slice_.source_id is None or slice_.source_id == cell.source_id)
        and (slice_.model is None or slice_.model == cell.model)
        and (slice_.prompt_version is None or slice_.prompt_version == cell.prompt_version)
    )
