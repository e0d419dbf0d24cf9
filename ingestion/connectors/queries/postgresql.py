"""PostgreSQL."""

import os
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ingestion.connectors.queries.dialect import CONNECT_TIMEOUT_S, GRACE_S, NO_TLS, UNENCRYPTED, Dialect

TLS_OF_LIBPQ = {"prefer": "prefer", "require": "require", "verify": "verify-full"}
BEFORE_LOGIN = {
    "password authentication failed": "28P01",
    "too many": "53300",
    "connection slots": "53300",
    "starting up": "57P03",
    "shutting down": "57P03",
    "not accepting connections": "57P03",
    "recovery": "57P03",
    'database "': "3D000",
}
WITHOUT_TLS = ("does not support SSL", "certificate verify failed", "server certificate")


class PostgreSQL(Dialect):
    driver = "postgresql+psycopg"
    package = "psycopg"
    extra = "postgresql"
    sentences = {
        "28P01": "Correct the user or the password",
        "28000": "The database does not let this user in; correct the user, or ask its administrator",
        "3D000": "There is no such database; correct the address",
        "42501": "The user may not read this; grant it SELECT on what the query names",
        "42P01": "The query names a table that is not there",
        "42703": "The query names a column that is not there",
        "42702": "Two columns of the query have the same name; give one another",
        "42601": "The query is no single SELECT that the database understands",
        NO_TLS: UNENCRYPTED,
        "25006": "The query would write, and only reading is allowed",
        "57014": "The query took too long; make it faster, or raise the limit of its seconds",
    }
    # The server is ended or starts, or a lock is held.
    temporary = frozenset({"57P01", "57P02", "57P03", "57P05", "55P03"})
    no_such_value = frozenset({"22P02", "22003", "22007", "22008", "22021"})

    def options(self, encryption: str, timeout_s: int) -> dict[str, Any]:
        return {
            "connect_args": {
                "connect_timeout": CONNECT_TIMEOUT_S,
                "tcp_user_timeout": (timeout_s + GRACE_S) * 1000,
                "keepalives_idle": GRACE_S,
                "sslmode": TLS_OF_LIBPQ[encryption],
                "sslrootcert": "system" if encryption == "verify" else "",
                # Never the passwords and certificates of this server's own user.
                "passfile": os.devnull,
                "sslcertmode": "disable",
                "application_name": "attest",
            },
            "execution_options": {"postgresql_readonly": True},
        }

    def restrict(self, connection: Connection, timeout_s: int) -> None:
        connection.execute(text(f"SET LOCAL statement_timeout = {timeout_s * 1000}"))

    def code(self, error: DBAPIError) -> str:
        return getattr(error.orig, "sqlstate", None) or _code_before_login(str(error.orig))

    def words(self, error: DBAPIError) -> str:
        return getattr(getattr(error.orig, "diag", None), "message_primary", None) or str(error.orig)

    def is_temporary(self, error: DBAPIError) -> bool:
        # The connection broke; no connections, memory or disk are left; it was the loser of two; the system failed.
        return super().is_temporary(error) or self.code(error)[:2] in ("08", "53", "40", "58")


def _code_before_login(words: str) -> str:
    """PostgreSQL's library hands no code out before a user is let in, only words."""
    if "FATAL" not in words:
        return NO_TLS if any(part in words for part in WITHOUT_TLS) else ""
    found = [code for part, code in BEFORE_LOGIN.items() if part in words]
    return found[0] if found else "28000"
