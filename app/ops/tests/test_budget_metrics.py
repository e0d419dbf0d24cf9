"""How far budgets are used, as a dashboard and an alert see it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError
from django.utils import timezone

from app.accounts.models import User
from app.ops import budget_metrics
from app.telemetry.metrics import BUDGET_USED_RATIO, OPEN_RESERVATIONS
from app.usage.models import Budget, Reservation, Tally

pytestmark = pytest.mark.django_db


def ratio(*labels: str) -> float:
    return float(BUDGET_USED_RATIO.labels(*labels)._value.get())


def test_the_most_used_budget_of_each_scope_is_told() -> None:
    today = timezone.localdate()
    bob = User.objects.create_user("bob@example.com")
    Budget.objects.create(scope="everyone", kind="cost", period="day", amount=10)
    Budget.objects.create(scope="user", kind="tokens", period="day", amount=1000)
    Budget.objects.create(scope="user", user=bob, kind="tokens", period="day", amount=10_000)
    Tally.objects.create(subject="everyone", period="day", start=today, cost_usd=Decimal(6), reserved_usd=Decimal(2))
    Tally.objects.create(subject="user:999", period="day", start=today, tokens=900)
    Tally.objects.create(subject=f"user:{bob.pk}", period="day", start=today, tokens=5000)
    Reservation.objects.create(
        subjects=["everyone"], day=today, tokens=1, cost_usd=2, expires_at=timezone.now() + timedelta(minutes=1)
    )
    budget_metrics.refresh()
    assert ratio("everyone", "cost", "day") == 0.8
    assert ratio("user", "tokens", "day") == 0.9
    assert OPEN_RESERVATIONS._value.get() == 1


def test_without_budgets_there_is_no_figure() -> None:
    budget_metrics.refresh()
    assert next(iter(BUDGET_USED_RATIO.collect())).samples == []


def test_a_database_that_cannot_be_asked_leaves_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise DatabaseError

    monkeypatch.setattr(budget_metrics, "every_budget", broken)
    budget_metrics.refresh()
    assert OPEN_RESERVATIONS._value.get() != OPEN_RESERVATIONS._value.get()
