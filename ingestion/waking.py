"""Waking a worker. What there is to do stands in the database; a message only makes somebody look soon."""

import structlog
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
ON_ITS_WAY = "ingestion-message-on-its-way"
# A message that was lost with a worker is sent again after this long.
FORGOTTEN_AFTER_S = 15


def wake() -> None:
    """Send a message, unless one is on its way already: a thousand uploads leave one message, not a thousand."""
    from ingestion.tasks import work

    try:
        if cache.add(ON_ITS_WAY, True, timeout=FORGOTTEN_AFTER_S):
            work.delay()
    except (OperationalError, RedisError):
        # Nothing is lost: beat looks for work when the broker is back.
        log.warning("broker_unreachable")


def wake_when_committed() -> None:
    transaction.on_commit(wake)


def message_arrived() -> None:
    """Call it before looking for work: what is queued from now on sends a message of its own."""
    try:
        cache.delete(ON_ITS_WAY)
    except RedisError:
        log.warning("broker_unreachable")
