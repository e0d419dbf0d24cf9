"""The gauges that are read from the database and from Valkey whenever metrics are asked for."""

import structlog
from django.db import DatabaseError
from django.db.models import Count, Min
from django.utils import timezone

from app.providers.endpoints import endpoints
from app.telemetry.metrics import (
    CIRCUIT_OPEN,
    FAILED_DOCUMENTS,
    JOBS_WAITING,
    OLDEST_CHECK_SECONDS,
    OLDEST_JOB_SECONDS,
    SOURCE_CHECK_SECONDS,
    SOURCE_TARGET_SECONDS,
    SOURCES,
)
from ingestion.models import IngestionJob
from ingestion.status import health_by_kind

log = structlog.get_logger(__name__)
UNKNOWN = float("nan")


def refresh() -> None:
    """Set the gauges; NaN while the database cannot be asked, so that an alert sees a gap and not a zero."""
    for gauge in (SOURCES, FAILED_DOCUMENTS, OLDEST_CHECK_SECONDS, SOURCE_CHECK_SECONDS, SOURCE_TARGET_SECONDS):
        # What is not there any more has no figure either, and neither has what cannot be asked.
        gauge.clear()
    _refresh_circuits()
    try:
        found = IngestionJob.objects.aggregate(jobs=Count("pk"), oldest=Min("created_at"))
        _refresh_sources()
    except DatabaseError:
        log.warning("queue_metrics_unknown")
        JOBS_WAITING.set(UNKNOWN)
        OLDEST_JOB_SECONDS.set(UNKNOWN)
        return
    age = (timezone.now() - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    JOBS_WAITING.set(found["jobs"])
    OLDEST_JOB_SECONDS.set(age)


def _refresh_circuits() -> None:
    CIRCUIT_OPEN.clear()
    for endpoint in endpoints():
        if endpoint.breaker is not None:
            is_closed = endpoint.breaker.circuit().opened_at is None
            CIRCUIT_OPEN.labels(endpoint.breaker.label).set(0 if is_closed else 1)


def _refresh_sources() -> None:
    for health in health_by_kind():
        for condition, count in health.conditions.items():
            SOURCES.labels(health.kind, condition).set(count)
        FAILED_DOCUMENTS.labels(health.kind).set(health.failed_documents)
        OLDEST_CHECK_SECONDS.labels(health.kind).set(health.oldest_check_s)
        for source, seconds in health.check_s.items():
            SOURCE_CHECK_SECONDS.labels(str(source), health.kind).set(seconds)
        for source, seconds in health.target_s.items():
            SOURCE_TARGET_SECONDS.labels(str(source), health.kind).set(seconds)
