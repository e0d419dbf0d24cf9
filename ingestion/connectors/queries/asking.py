"""What is asked of a database: the admin's query as a part of ours, so that it can be counted, cut and searched.

A statement always carries a bound value. That makes it a prepared one, and a prepared statement can only
be one: whatever the query holds, no second statement runs with it.
"""
# ruff: noqa: S608 - the query is the admin's own, and may say whatever its user may read.

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.types import NullType

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.queries.rows import Columns

ROWS_AT_ONCE = 500
# A database may find more alike than we do: a and A, or with and without blanks at the end.
ALIKE = 100


@dataclass(frozen=True, slots=True)
class Asking:
    session: Connection
    sql: str

    def columns(self, named: Columns) -> Columns:
        """The columns by their names in the result, whatever capitals were entered; all the others for no text."""
        result = self.session.execute(text(f"SELECT * FROM {self._source} LIMIT :most"), {"most": 0})
        there = list(result.keys())
        result.close()
        by_name = {name.lower(): name for name in there}

        def found(name: str) -> str:
            if name and name not in there and name.lower() not in by_name:
                raise ConnectorError(f"The query gives no column {name}; it gives {', '.join(there)}.", permanent=True)
            return name if name in there else by_name.get(name.lower(), "")

        resolved = replace(
            named, id=found(named.id), title=found(named.title), url=found(named.url), modified=found(named.modified),
            owner=found(named.owner), text=tuple(found(name) for name in named.text),
        )  # fmt: skip
        others = tuple(name for name in there if name not in resolved.without_text())
        return resolved if resolved.text else replace(resolved, text=others)

    def rows(self, names: Sequence[str], *, limit: int) -> Iterator[Mapping[str, Any]]:
        """Read through a cursor of the server, so that few rows are in memory at once."""
        sql = f"SELECT {self._list(names)} FROM {self._source} LIMIT :most"
        options = {"stream_results": True, "yield_per": ROWS_AT_ONCE}
        for row in self.session.execute(text(sql), {"most": limit}, execution_options=options).mappings():
            yield dict(row)

    def rows_like(self, names: Sequence[str], id_column: str, value: str) -> list[Mapping[str, Any]]:
        """What the database takes for the row with that id."""
        sql = f"SELECT {self._list(names)} FROM {self._source} WHERE {self._list([id_column])} = :wanted LIMIT {ALIKE}"
        # Without a type, so that the database compares it as whatever its column is, and may use an index.
        statement = text(sql).bindparams(bindparam("wanted", value, type_=NullType()))
        return [dict(row) for row in self.session.execute(statement).mappings()]

    def counts(self, id_column: str) -> tuple[int, int, int]:
        """How many rows, how many of them with an id, and how many different ids."""
        name = self._list([id_column])
        sql = f"SELECT count(*), count({name}), count(DISTINCT {name}) FROM {self._source} WHERE 1 = :one"
        rows, ids, different = self.session.execute(text(sql), {"one": 1}).one()
        return int(rows), int(ids), int(different)

    @property
    def _source(self) -> str:
        # On lines of its own: a comment at the query's end must not swallow what follows.
        return f"(\n{_literal(self.sql)}\n) attest_rows"

    def _list(self, names: Sequence[str]) -> str:
        quote = self.session.dialect.identifier_preparer.quote_identifier
        return ", ".join(_literal(quote(name)) for name in names)


def _literal(sql: str) -> str:
    """A colon before a word would be read as a parameter."""
    return sql.replace(":", "\\:")
