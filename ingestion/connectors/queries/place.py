"""Where a database is: an address as an admin types it, and a sentence for each that cannot be right."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

KNOWN = ("postgresql", "mysql", "mariadb")


@dataclass(frozen=True, slots=True)
class Place:
    """The database of an address such as postgresql://server:5432/company."""

    dialect: str
    host: str
    port: int | None
    database: str


def parse_place(url: str) -> Place:
    """Raises ValueError with a sentence."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError("The address is not written as postgresql://server:5432/database.") from error
    if parts.scheme not in KNOWN:
        raise ValueError(f"The address must begin with {' or '.join(f'{name}://' for name in KNOWN)}.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("Take the user and the password out of the address; they have fields of their own.")
    # Options could name files of this server, or a socket of a database that trusts everybody on it.
    if parts.query or parts.fragment:
        raise ValueError("The address takes no options after a question mark; remove them.")
    if not host or not re.fullmatch(r"[\w.:-]+", host):
        raise ValueError("The address names no server; it looks like postgresql://server:5432/database.")
    database = parts.path.strip("/")
    if not database or "/" in database:
        raise ValueError("The address must end with the name of one database.")
    return Place(parts.scheme, host, port, database)
