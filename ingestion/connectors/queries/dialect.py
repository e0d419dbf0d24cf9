"""What must be known of a database to ask it: how it is reached, kept from writing and stopped in time, and what its
errors say. They are told apart by the database's own codes, as its words may be in any language.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.queries.place import Place
from ingestion.network_guard import refuse_forbidden

CONNECT_TIMEOUT_S = 10
# How long an answer may stay away beyond the query's own limit.
GRACE_S = 30
CHARACTERS_OF_AN_ERROR = 300
# The code under which both databases' errors of encryption are kept.
NO_TLS = "2026"
UNENCRYPTED = "No encrypted connection was possible; set the server's certificate up, or ask for less encryption"


class Dialect:
    """`explain` has sentences by code; a code that is not named is told with the database's own words."""

    driver = ""
    package = ""
    extra = ""
    sentences: Mapping[str, str] = {}
    temporary: frozenset[str] = frozenset()
    no_such_value: frozenset[str] = frozenset()

    def engine(self, place: Place, user: str, password: str, *, encryption: str, timeout_s: int) -> Engine:
        """Connects at the first use. Raises ConnectorError if the driver is not installed."""
        refuse_forbidden(place.host, place.port or 0)
        url = URL.create(self.driver, user, self.as_sent(password), place.host, place.port, place.database)
        try:
            return create_engine(url, poolclass=NullPool, hide_parameters=True, **self.options(encryption, timeout_s))
        except ModuleNotFoundError as error:
            raise ConnectorError(
                f"Asking this database needs the package {self.package}, which is not installed; ask an operator to "
                f"run pip install '.[{self.extra}]' in Attest's folder.",
                permanent=True,
            ) from error

    def as_sent(self, password: str) -> str:
        """The password as the driver wants it."""
        return password

    def options(self, encryption: str, timeout_s: int) -> dict[str, Any]:
        raise NotImplementedError

    def restrict(self, connection: Connection, timeout_s: int) -> None:
        """Nothing may be written, and no statement may take longer."""
        raise NotImplementedError

    def code(self, error: DBAPIError) -> str:
        raise NotImplementedError

    def words(self, error: DBAPIError) -> str:
        return str(error.orig)

    def is_temporary(self, error: DBAPIError) -> bool:
        code = self.code(error)
        never_answered = not code and isinstance(error, OperationalError | InterfaceError)
        return error.connection_invalidated or never_answered or code in self.temporary

    def is_no_such_value(self, error: DBAPIError) -> bool:
        """Whether a value cannot be one of its column's type, as a word cannot be a number."""
        return self.code(error) in self.no_such_value

    def explain(self, error: DBAPIError) -> ConnectorError:
        told = " ".join(self.words(error).split())[:CHARACTERS_OF_AN_ERROR]
        if self.is_temporary(error):
            return ConnectorError(
                f"The database could not be reached ({told}); it is tried again. Check the address and the network "
                "if it stays so.",
                permanent=False,
            )
        advice = self.sentences.get(self.code(error), "The database refused the query")
        return ConnectorError(f"{advice}. It says: {told}", permanent=True)
