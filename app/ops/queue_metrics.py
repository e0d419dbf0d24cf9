"""The gauges that are read from the database whenever metrics are asked for."""

import structlog
from django.db import DatabaseError
from django.db.models import Count, Min
from django.utils import timezone

from app.telemetry.metrics import JOBS_WAITING, OLDEST_JOB_SECONDS
from ingestion.models import IngestionJob

log = structlog.get_logger(__name__)
UNKNOWN = float("nan")


def refresh() -> None:
    """Set the gauges; NaN while the database cannot be asked, so that an alert sees a gap and not a zero."""
    try:
        found = IngestionJob.objects.aggregate(jobs=Count("pk"), oldest=Min("created_at"))
    except DatabaseError:
        log.warning("queue_metrics_unknown")
        JOBS_WAITING.set(UNKNOWN)
        OLDEST_JOB_SECONDS.set(UNKNOWN)
        return
    age = (timezone.now() - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    JOBS_WAITING.set(found["jobs"])
    OLDEST_JOB_SECONDS.set(age)
