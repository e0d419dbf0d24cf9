"""The databases that can be asked, by the beginning of their addresses."""

from collections.abc import Mapping

from ingestion.connectors.queries.dialect import Dialect
from ingestion.connectors.queries.mysql import MySQL
from ingestion.connectors.queries.postgresql import PostgreSQL

DIALECTS: Mapping[str, Dialect] = {"postgresql": PostgreSQL(), "mysql": MySQL(), "mariadb": MySQL()}
