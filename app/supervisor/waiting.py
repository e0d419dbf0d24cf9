"""Waiting for the PostgreSQL and the Valkey that the settings name, when they are not embedded ones.

A PostgreSQL that answers and cannot serve (too old, or without pgvector) is named at once: time does not mend it.
"""

import re
import time
from collections.abc import Callable
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
import redis

from app.supervisor.console import Console

WAIT_SECONDS = 60.0
PAUSE_SECONDS = 1.0
# The first with what is asked of them: iterative scans of a vector index came with pgvector 0.8.
OLDEST_POSTGRES = 16
OLDEST_VECTOR = (0, 8)


class ServiceError(Exception):
    """A service that was named did not answer; the message says which and what to check."""

    permanent = False


class UnfitServiceError(ServiceError):
    """A service that answered lacks what Attest needs; the message says what to install."""

    permanent = True


def wait_for_postgres(url: str, console: Console) -> None:
    """Return when PostgreSQL takes connections; raise ServiceError after a minute, or at once if it is unfit."""

    def connect() -> None:
        with psycopg.connect(url, connect_timeout=5) as connection:
            refuse_unfit(connection, f"PostgreSQL at {_without_password(url)}")

    _wait("PostgreSQL", "DATABASE_URL", url, connect, console)


def wait_for_valkey(url: str, console: Console) -> None:
    """Return when Valkey answers; raise ServiceError after a minute."""

    def ping() -> None:
        with redis.from_url(url.replace("redis+socket://", "unix://"), socket_connect_timeout=5) as client:
            client.ping()

    _wait("Valkey", "VALKEY_URL", url, ping, console)


def refuse_unfit(connection: "psycopg.Connection[tuple[str, ...]]", name: str) -> None:
    """Raise UnfitServiceError for a server older than 16, or without pgvector 0.8 or newer.

    The version in the database counts where there is one; the server's files may be newer than that.
    """
    server = int(_value(connection, "SHOW server_version_num"))
    if server < OLDEST_POSTGRES * 10_000:
        raise UnfitServiceError(
            f"{name} is version {server // 10_000}, and Attest needs {OLDEST_POSTGRES} or newer; install one with "
            "pgvector 0.8 or newer and set DATABASE_URL to it, or unset DATABASE_URL to use the embedded one."
        )
    offered = _value(connection, "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
    in_use = _value(connection, "SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    if _old(offered):
        has = f"has pgvector {offered}" if offered else "has no pgvector (the extension vector)"
        raise UnfitServiceError(
            f"{name} {has}, and Attest needs 0.8 or newer; install it on that server (Debian, Ubuntu: apt install "
            f"postgresql-{server // 10_000}-pgvector from apt.postgresql.org){_updated(in_use)}."
        )
    if in_use and _old(in_use):
        raise UnfitServiceError(
            f"The database of {name} uses pgvector {in_use}, and Attest needs 0.8 or newer; the server has {offered}: "
            "run `ALTER EXTENSION vector UPDATE` in that database as its administrator."
        )


def _updated(in_use: str) -> str:
    return ", then run `ALTER EXTENSION vector UPDATE` in the database" if in_use else ""


def _value(connection: "psycopg.Connection[tuple[str, ...]]", query: LiteralString) -> str:
    """The one value of a query, or "" if it has no row."""
    row = connection.execute(query).fetchone()
    return row[0] if row else ""


def _old(version: str) -> bool:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2]) < OLDEST_VECTOR


def _wait(service: str, variable: str, url: str, attempt: Callable[[], None], console: Console) -> None:
    where = _without_password(url)
    deadline = time.monotonic() + WAIT_SECONDS
    announced = False
    while True:
        try:
            return attempt()
        except (psycopg.OperationalError, redis.RedisError, OSError) as error:
            if time.monotonic() > deadline:
                reason = str(error).strip().splitlines()[-1]
                raise ServiceError(
                    f"{service} at {where} has not answered for {WAIT_SECONDS:.0f} seconds ({reason}); "
                    f"start it or correct {variable}."
                ) from error
        if not announced:
            console.say(f"Waiting for {service} at {where} …")
            announced = True
        time.sleep(PAUSE_SECONDS)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or parts.path
