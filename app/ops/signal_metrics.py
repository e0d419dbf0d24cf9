"""The gauge of signals of quality, read from the database whenever metrics are asked for."""

import structlog
from django.db import DatabaseError
from django.db.models import Count

from app.quality.models import Signal
from app.telemetry.metrics import QUALITY_SIGNALS

log = structlog.get_logger(__name__)
STANDING = (Signal.State.OPEN, Signal.State.ACKNOWLEDGED)


def refresh() -> None:
    """Set the gauge, also to 0. While the database cannot be asked there is a gap."""
    QUALITY_SIGNALS.clear()
    try:
        rows = list(
            Signal.objects.filter(state__in=STANDING).values_list("kind", "state").annotate(n=Count("pk")).order_by()
        )
    except DatabaseError:
        log.warning("signal_metrics_unknown")
        return
    counts = {(kind, state): n for kind, state, n in rows}
    for kind in Signal.Kind:
        for state in STANDING:
            QUALITY_SIGNALS.labels(kind, state).set(counts.get((kind, state), 0))
