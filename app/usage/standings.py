"""All budgets as they stand now: for the usage page and for the metrics."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import F, Q
from django.utils import timezone

from app.usage.budgets import Standing, is_for_each_person, standing_of, subject_of, tallies_of
from app.usage.models import Budget, Tally
from app.usage.periods import start_of
from app.usage.spender import Spender, ids_in, user_subject


@dataclass(frozen=True, slots=True)
class BudgetStanding:
    """`worst` is who has used most of it. `near` and `spent` count people, where each person has the budget."""

    budget: Budget
    worst: Standing
    person: str = ""
    near: int = 0
    spent: int = 0


def every_budget() -> list[BudgetStanding]:
    budgets = list(Budget.objects.select_related("user", "group"))
    return [_of_each_person(each) if is_for_each_person(each) else _of_one(each) for each in budgets]


def _of_one(budget: Budget) -> BudgetStanding:
    today, subject = timezone.localdate(), subject_of(budget, Spender())
    tally = tallies_of([subject], today).get((subject, budget.period, start_of(budget.period, today)))
    return BudgetStanding(budget, standing_of(budget, subject, tally, today))


def _of_each_person(budget: Budget) -> BudgetStanding:
    """Without those who have a budget of their own of the same kind."""
    today = timezone.localdate()
    own = Budget.objects.filter(scope=budget.scope, kind=budget.kind, period=budget.period, user__isnull=False)
    tallies = (
        Tally.objects.filter(period=budget.period, start=start_of(budget.period, today), subject__startswith="user:")
        .exclude(subject__in=[user_subject(pk) for pk in own.values_list("user_id", flat=True) if pk is not None])
        .annotate(used_tokens=F("tokens") + F("reserved_tokens"), used_usd=F("cost_usd") + F("reserved_usd"))
    )
    used = "used_tokens" if budget.kind == Budget.Kind.TOKENS else "used_usd"
    most = tallies.order_by(f"-{used}").first()
    subject = most.subject if most else ""
    near = budget.amount * settings.ATTEST_BUDGET_NEAR_PERCENT / Decimal(100)
    spent = tallies.filter(Q(**{f"{used}__gte": budget.amount})).count()
    return BudgetStanding(
        budget, standing_of(budget, subject, most, today), person=_emails([subject]).get(subject, ""), spent=spent,
        near=tallies.filter(Q(**{f"{used}__gte": near})).count() - spent,
    )  # fmt: skip


def _emails(subjects: Iterable[str]) -> dict[str, str]:
    found = get_user_model().objects.filter(pk__in=ids_in(subjects, "user")).values_list("pk", "email")
    return {user_subject(pk): email for pk, email in found}
