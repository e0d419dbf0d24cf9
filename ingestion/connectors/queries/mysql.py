"""MySQL and MariaDB."""

import ssl
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ingestion.connectors.queries.dialect import CONNECT_TIMEOUT_S, GRACE_S, NO_TLS, UNENCRYPTED, Dialect


class MySQL(Dialect):
    driver = "mysql+pymysql"
    package = "PyMySQL"
    extra = "mysql"
    sentences = {
        "1045": "Correct the user or the password",
        "1044": "The user may not use this database; grant it SELECT on it",
        "1049": "There is no such database; correct the address",
        "1142": "The user may not read this; grant it SELECT on what the query names",
        "1143": "The user may not read this; grant it SELECT on what the query names",
        "1146": "The query names a table that is not there",
        "1054": "The query names a column that is not there",
        "1060": "Two columns of the query have the same name; give one another",
        "1064": "The query is no single SELECT that the database understands",
        NO_TLS: UNENCRYPTED,
        "1792": "The query would write, and only reading is allowed",
        "3024": "The query took too long; make it faster, or raise the limit of its seconds",
        "1969": "The query took too long; make it faster, or raise the limit of its seconds",
    }
    temporary = frozenset({"0", "1040", "1053", "1205", "1213", "2002", "2003", "2006", "2013", "2055"})
    no_such_value = frozenset({"1292", "1366", "1411"})

    def as_sent(self, password: str) -> str:
        # Its driver writes each character as one byte, and refuses those that have none; the server wants UTF-8.
        return password.encode().decode("latin-1")

    def options(self, encryption: str, timeout_s: int) -> dict[str, Any]:
        # Without a context its driver encrypts where the server offers it; with one, always.
        tls = {} if encryption == "prefer" else {"ssl": _tls(is_checked=encryption == "verify")}
        return {
            "connect_args": {
                "connect_timeout": CONNECT_TIMEOUT_S,
                "read_timeout": timeout_s + GRACE_S,
                "write_timeout": GRACE_S,
                "charset": "utf8mb4",
                "local_infile": False,
                **tls,
            }
        }

    def restrict(self, connection: Connection, timeout_s: int) -> None:
        is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        limit = f"max_statement_time = {timeout_s}" if is_mariadb else f"max_execution_time = {timeout_s * 1000}"
        connection.execute(text(f"SET SESSION {limit}"))
        connection.execute(text("START TRANSACTION READ ONLY"))

    def code(self, error: DBAPIError) -> str:
        if isinstance(getattr(error.orig, "original_exception", None), ssl.SSLCertVerificationError):
            return NO_TLS
        return str(error.orig.args[0]) if error.orig and error.orig.args else ""

    def words(self, error: DBAPIError) -> str:
        return str(error.orig.args[-1]) if error.orig and error.orig.args else str(error.orig)


def _tls(*, is_checked: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not is_checked:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
