"""The gauges of the audit trail, read from the database whenever metrics are asked for."""

from datetime import datetime

import structlog
from django.db import DatabaseError
from django.utils import timezone

from app.audit.standing import standing_now
from app.telemetry.metrics import (
    AUDIT_CHAIN_BROKEN,
    AUDIT_FORWARD_LAG,
    AUDIT_OLDEST_WAITING_SECONDS,
    AUDIT_VERIFIED_SECONDS,
    AUDIT_WAITING,
)

log = structlog.get_logger(__name__)
UNKNOWN = float("nan")
GAUGES = (
    AUDIT_WAITING, AUDIT_OLDEST_WAITING_SECONDS, AUDIT_CHAIN_BROKEN, AUDIT_VERIFIED_SECONDS, AUDIT_FORWARD_LAG,
)  # fmt: skip


def refresh() -> None:
    """NaN while the database cannot be asked, and for what nobody knows yet: an alert then sees a gap, not a zero."""
    try:
        now = standing_now()
    except DatabaseError:
        log.warning("audit_metrics_unknown")
        for gauge in GAUGES:
            gauge.set(UNKNOWN)
        return
    AUDIT_WAITING.set(now.waiting)
    AUDIT_OLDEST_WAITING_SECONDS.set(age(now.oldest_waiting) if now.oldest_waiting else 0.0)
    AUDIT_CHAIN_BROKEN.set(bool(now.verification.problem) if now.verification else UNKNOWN)
    AUDIT_VERIFIED_SECONDS.set(age(now.verification.at) if now.verification else UNKNOWN)
    AUDIT_FORWARD_LAG.set(now.lag)


def age(moment: datetime) -> float:
    return (timezone.now() - moment).total_seconds()
