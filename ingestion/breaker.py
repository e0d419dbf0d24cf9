"""A source that fails is left alone for a while, longer each time, until something of it succeeds or an admin asks."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from app.corpus.models import Source
from ingestion.connectors.base import ConnectorError

log = structlog.get_logger(__name__)
FIRST_PAUSE = timedelta(minutes=1)


def block(source_id: int, error: ConnectorError) -> None:
    """Leave the source alone for a while. Several failures at once count as one."""
    now = timezone.now()
    free = Source.objects.filter(Q(blocked_until=None) | Q(blocked_until__lte=now), pk=source_id)
    failed = free.values_list("failed_runs", flat=True).first()
    if failed is None:
        return
    pause = pause_after(failed + 1, error)
    blocked = free.update(failed_runs=F("failed_runs") + 1, blocked_until=now + pause, blocked_message=error.message)
    if blocked:
        log.warning(
            "source_blocked", source_id=source_id, seconds=int(pause.total_seconds()), permanent=error.permanent
        )


def pause_after(failures: int, error: ConnectorError) -> timedelta:
    """How long to wait after that many failures in a row: doubling up to a ceiling, or as long as the source asks.

    What only a person can mend is tried again seldom: perhaps it was mended at the other end.
    """
    longest = timedelta(minutes=settings.ATTEST_LONGEST_PAUSE_MINUTES)
    asked = timedelta(seconds=min(error.retry_after_s or 0.0, timedelta(days=1).total_seconds()))
    own = longest if error.permanent else min(longest, FIRST_PAUSE * 2 ** min(failures - 1, 20))
    return max(own, asked)


def is_blocked(source_id: int) -> bool:
    return bool(Source.objects.filter(pk=source_id, blocked_until__gt=timezone.now()).exists())


def unblock(source: Source) -> None:
    """Forget the failures: an admin asks for a run, or the settings are new."""
    Source.objects.filter(pk=source.pk).update(failed_runs=0, blocked_until=None, blocked_message="")
    source.failed_runs, source.blocked_until, source.blocked_message = 0, None, ""


def succeeded(source_id: int) -> None:
    """Something could be read. A pause that began meanwhile stays."""
    over = Q(blocked_until=None) | Q(blocked_until__lte=timezone.now())
    Source.objects.filter(over, Q(failed_runs__gt=0) | ~Q(blocked_message=""), pk=source_id).update(
        failed_runs=0, blocked_until=None, blocked_message=""
    )


def workable(prefix: str = "") -> Q:
    """A condition on sources: neither paused nor left alone."""
    until = f"{prefix}blocked_until"
    return Q(**{f"{prefix}state": Source.State.ACTIVE}) & (
        Q(**{f"{until}__isnull": True}) | Q(**{f"{until}__lte": timezone.now()})
    )
