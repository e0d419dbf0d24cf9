"""Waiting for the PostgreSQL and the Valkey that the settings name, when they are not embedded ones."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import redis

from app.supervisor.console import Console

WAIT_SECONDS = 60.0
PAUSE_SECONDS = 1.0


class ServiceError(Exception):
    """A service that was named did not answer; the message says which and what to check."""

    permanent = False


def wait_for_postgres(url: str, console: Console) -> None:
    """Return when PostgreSQL takes connections; raise ServiceError after a minute."""

    def connect() -> None:
        psycopg.connect(url, connect_timeout=5).close()

    _wait("PostgreSQL", "DATABASE_URL", url, connect, console)


def wait_for_valkey(url: str, console: Console) -> None:
    """Return when Valkey answers; raise ServiceError after a minute."""

    def ping() -> None:
        with redis.from_url(url.replace("redis+socket://", "unix://"), socket_connect_timeout=5) as client:
            client.ping()

    _wait("Valkey", "VALKEY_URL", url, ping, console)


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
