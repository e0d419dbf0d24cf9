"""One look at each thing the product depends on: a state or an exception, and never a host or a secret."""

import functools

import redis
from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from app.providers.chat_models import all_models, is_in_use
from app.providers.endpoints import Kind, all_open, open_circuits
from app.providers.registry import get_encoder

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
    """Loads a local model at the first look. A remote one is not asked, as that costs: its circuit is looked at."""
    if settings.ATTEST_ENCODER_BASE_URL:
        return "left alone" if all_open(Kind.EMBEDDING) else "configured"
    get_encoder().encode_query(PROBE_TEXT)
    return OK


def reranker() -> str:
    if not settings.ATTEST_RERANKER_MODEL:
        return "not configured"
    return "left alone" if all_open(Kind.RERANKER) else "configured"


def valkey() -> str:
    _valkey().ping()
    return OK


def worker() -> str:
    """Some worker answers a ping over the broker."""
    return OK if current_app.control.ping(timeout=1.0, limit=1) else "down"


def language_model() -> str:
    """What is configured and how it did lately: asking it would cost, and each question finds out for itself."""
    models = sum(map(is_in_use, all_models()))
    if not models:
        return "not configured"
    left_alone = open_circuits(Kind.CHAT)
    return "left alone" if left_alone == models else "partly left alone" if left_alone else "configured"


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
