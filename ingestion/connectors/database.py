"""A SQL query whose rows become documents. External ids are the values of one of its columns, as text.

The query runs in a transaction that cannot write. A listing that would be cut short, or whose ids do not
tell the rows apart, is an error.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ingestion.connectors.base import (
    LONGEST_ID,
    Connection,
    ConnectorError,
    ConnectorKind,
    Fetched,
    Item,
    ItemVanished,
)
from ingestion.connectors.folder import too_large
from ingestion.connectors.queries.asking import Asking
from ingestion.connectors.queries.dialect import Dialect
from ingestion.connectors.queries.dialects import DIALECTS
from ingestion.connectors.queries.place import parse_place
from ingestion.connectors.queries.rows import Columns, RowUnfit, digest, document, moment, words
from ingestion.connectors.queries.settings import MOST_ROWS, SECONDS, SETTINGS
from ingestion.errors import FailureReason, IngestionError

ENDINGS = {"plain": "html", "markdown": "md", "html": "html"}
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, and what its columns mean. `trust_modified`: rows change only together with that column."""

    sql: str
    columns: Columns
    text_format: str = "plain"
    trust_modified: bool = False
    row_limit: int = MOST_ROWS
    timeout_s: int = SECONDS


class DatabaseConnector:
    def __init__(self, connect: Callable[[], Engine], dialect: Dialect, query: Query, *, max_bytes: int) -> None:
        self.connect = connect
        self.dialect = dialect
        self.query = query
        self.max_bytes = max_bytes

    def items(self) -> Iterator[Item]:
        seen: set[str] = set()
        with self._asking() as asking:
            columns = asking.columns(self.query.columns)
            wanted = columns.without_text() if self.query.trust_modified else columns.all()
            for row in asking.rows(wanted, limit=self.query.row_limit + 1):
                item = self._item(row, columns)
                if item.external_id in seen:
                    _refuse(f"Two rows have the id {item.external_id}; choose a column that tells the rows apart.")
                seen.add(item.external_id)
                self._check_count(len(seen))
                yield item

    def fetch(self, external_id: str) -> Fetched:
        if not external_id or "\0" in external_id:
            raise ItemVanished(external_id)
        with self._asking() as asking:
            columns = asking.columns(self.query.columns)
            row = self._row(asking, columns, external_id)
        data = self._document(row, columns)
        if len(data) > self.max_bytes:
            raise IngestionError(FailureReason.TOO_LARGE, too_large(len(data), self.max_bytes))
        title = words(row[columns.title]) if columns.title else ""
        return Fetched(data, f"{_name(title or external_id)}.{ENDINGS[self.query.text_format]}")

    def test(self) -> str:
        with self._asking() as asking:
            columns = asking.columns(self.query.columns)
            rows, ids, different = asking.counts(columns.id)
            self._check_count(rows)
            if ids < rows:
                _refuse(f"{rows - ids} of {rows} rows have no {columns.id}; leave them out of the query.")
            if different < rows:
                _refuse(f"{rows} rows have only {different} different values of {columns.id}; choose another column.")
            first = next(asking.rows(columns.all(), limit=1), None)
        if first is None:
            return "0 rows: the query works, and finds nothing"
        item, size = self._item(first, columns), len(self._document(first, columns))
        return f"{rows:,} row{'' if rows == 1 else 's'}; one is “{item.title or item.external_id}”, {size:,} bytes"

    def _row(self, asking: Asking, columns: Columns, external_id: str) -> Mapping[str, Any]:
        try:
            rows = asking.rows_like(columns.all(), columns.id, external_id)
        except DBAPIError as error:
            if self.dialect.is_no_such_value(error):
                raise ItemVanished(external_id) from error
            raise
        same = [row for row in rows if words(row[columns.id]) == external_id]
        if len(same) != 1:
            raise ItemVanished(external_id)
        return same[0]

    def _item(self, row: Mapping[str, Any], columns: Columns) -> Item:
        external_id = _value(words, row, columns.id)
        if not external_id:
            _refuse(f"A row has no {columns.id}; leave such rows out of the query.")
        if len(external_id) > LONGEST_ID:
            _refuse(f"An id is longer than {LONGEST_ID} characters: {external_id[:80]}…; choose another column.")
        title, url, owner = (_value(words, row, name) for name in (columns.title, columns.url, columns.owner))
        modified_at = _value(moment, row, columns.modified)
        if self.query.trust_modified and modified_at is None:
            _refuse(f"The row {external_id} has no {columns.modified}; fill it, or let the texts be compared.")
        content = str(modified_at).encode() if self.query.trust_modified else self._document(row, columns)
        return Item(
            external_id=external_id,
            fingerprint=digest([content, title, url, owner]),
            url=url if url.startswith(("https://", "http://")) else "",
            modified_at=modified_at,
            title=title,
            owner=owner,
        )

    def _document(self, row: Mapping[str, Any], columns: Columns) -> bytes:
        for name in columns.text:
            _value(words, row, name)
        return document(row, columns, self.query.text_format)

    def _check_count(self, rows: int) -> None:
        if rows > self.query.row_limit:
            _refuse(f"The query gives more than {self.query.row_limit:,} rows; narrow it, or raise the limit of rows.")

    @cached_property
    def _engine(self) -> Engine:
        return self.connect()

    @contextmanager
    def _asking(self) -> Iterator[Asking]:
        """A transaction that cannot write and is never committed; the database's errors leave as sentences."""
        try:
            with self._engine.connect() as session:
                self.dialect.restrict(session, self.query.timeout_s)
                yield Asking(session, self.query.sql)
        except DBAPIError as error:
            raise self.dialect.explain(error) from error


def _value(read: Callable[[Any], Any], row: Mapping[str, Any], name: str) -> Any:
    try:
        return read(row[name] if name else None)
    except RowUnfit as error:
        _refuse(f"The column {name} {error}; choose another one, or convert it in the query.")


def _name(title: str) -> str:
    return "".join(each if each.isalnum() or each in " -_." else "-" for each in title)[:LONGEST_NAME].strip() or "row"


def _refuse(sentence: str) -> NoReturn:
    raise ConnectorError(sentence, permanent=True)


def build(connection: Connection) -> DatabaseConnector:
    settings = connection.settings
    place, user = parse_place(settings["url"]), str(settings["user"])
    dialect = DIALECTS[place.dialect]
    timeout_s = int(settings.get("timeout_s") or SECONDS)
    encryption = str(settings.get("encryption") or "prefer")
    password = connection.secrets.get("password", "")
    query = Query(
        sql=_sql(settings),
        columns=_columns(settings),
        text_format=str(settings.get("text_format") or "plain"),
        trust_modified=bool(settings.get("trust_modified")),
        row_limit=int(settings.get("row_limit") or MOST_ROWS),
        timeout_s=timeout_s,
    )
    return DatabaseConnector(
        lambda: dialect.engine(place, user, password, encryption=encryption, timeout_s=timeout_s),
        dialect,
        query,
        max_bytes=connection.max_bytes,
    )


def check(settings: Mapping[str, Any]) -> None:
    parse_place(str(settings.get("url") or ""))
    if not _sql(settings):
        raise ValueError("Enter the query.")
    if not _columns(settings).id:
        raise ValueError("Enter the column with the id.")
    if settings.get("trust_modified") and not settings.get("modified_column"):
        raise ValueError("Enter the column with the time of the last change, or let the texts be compared.")
    if settings.get("text_format") and settings["text_format"] not in ENDINGS:
        raise ValueError("Choose how the texts are written.")


def _sql(settings: Mapping[str, Any]) -> str:
    given = settings.get("query") or ""
    return (given if isinstance(given, str) else "\n".join(given)).strip().rstrip(";").strip()


def _columns(settings: Mapping[str, Any]) -> Columns:
    names = {name: str(settings.get(f"{name}_column") or "").strip() for name in ("title", "url", "modified", "owner")}
    text = tuple(each.strip() for each in settings.get("text_columns") or () if each.strip())
    return Columns(id=str(settings.get("id_column") or "").strip(), text=text, **names)


KIND = ConnectorKind(
    kind="database",
    label="Database query",
    description="The rows of a SQL query in PostgreSQL, MySQL or MariaDB, each as a document.",
    settings=SETTINGS,
    build=build,
    check=check,
)
