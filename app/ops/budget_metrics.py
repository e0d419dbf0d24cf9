"""The gauges of budgets, read from the database whenever metrics are asked for."""

import structlog
from django.db import DatabaseError

from app.telemetry.metrics import BUDGET_USED_RATIO, OPEN_RESERVATIONS
from app.usage.models import Reservation
from app.usage.standings import every_budget

log = structlog.get_logger(__name__)
UNKNOWN = float("nan")


def refresh() -> None:
    """Set the gauges. While the database cannot be asked there is a gap, not a zero."""
    BUDGET_USED_RATIO.clear()
    try:
        standings, reservations = every_budget(), Reservation.objects.count()
    except DatabaseError:
        log.warning("budget_metrics_unknown")
        OPEN_RESERVATIONS.set(UNKNOWN)
        return
    OPEN_RESERVATIONS.set(reservations)
    ratios: dict[tuple[str, str, str], float] = {}
    for each in standings:
        key = (each.budget.scope, each.budget.kind, each.budget.period)
        amount = each.budget.amount
        ratio = float(each.worst.used / amount) if amount else 1.0
        ratios[key] = max(ratio, ratios.get(key, 0.0))
    for key, ratio in ratios.items():
        BUDGET_USED_RATIO.labels(*key).set(ratio)
