"""One look at each thing the product depends on: a state or an exception, and never a host or a secret."""

import functools

import redis
from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from app.providers.registry import get_chat_model, get_encoder

OK = "ok"
CONNECT_S = 1.5
PROBE_TEXT = "ready"


def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def migrations() -> str:
    _check_migrated()
    return OK


def encoder() -> str:
    """Loads a local model at the first look. A remote one is not asked: each question to it costs."""
    if settings.ATTEST_ENCODER_BASE_URL:
        return "configured"
    get_encoder().encode_query(PROBE_TEXT)
    return OK


def valkey() -> str:
    _valkey().ping()
    return OK


def worker() -> str:
    """Some worker answers a ping over the broker."""
    return OK if current_app.control.ping(timeout=1.0, limit=1) else "down"


def language_model() -> str:
    """Only whether one is configured: asking it would cost, and each question finds out for itself."""
    return "configured" if get_chat_model() is not None else "not configured"


@functools.cache
def _valkey() -> redis.Redis:
    return redis.Redis.from_url(
        str(settings.CACHES["default"]["LOCATION"]),
        socket_timeout=CONNECT_S,
        socket_connect_timeout=CONNECT_S,
    )


class NotMigratedError(Exception):
    """The database is older than this code."""


@functools.cache
def _check_migrated() -> None:
    """Raises NotMigratedError. Success is remembered: once migrated, it stays so while this code runs."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigratedError
