"""What admins do with budgets: each act is audited."""

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from app.audit.events import BUDGET_CHANGED, BUDGET_REMOVED, BUDGET_SET, record_event
from app.usage.models import Budget


class BudgetError(ValueError):
    """The budget cannot be as asked; the message says why."""


def set_budget(actor: Any, budget: Budget) -> Budget:
    """Store a new budget. It counts what was used in its period already. Raises BudgetError."""
    budget.created_by_id = getattr(actor, "pk", None)
    try:
        with transaction.atomic():
            budget.save(force_insert=True)
            _audit(actor, BUDGET_SET, budget, after=str(budget.amount))
    except IntegrityError:
        raise BudgetError("There is such a budget already. Change its amount instead.") from None
    return budget


def change_budget(actor: Any, budget: Budget, amount: Decimal) -> None:
    with transaction.atomic():
        before, budget.amount = budget.amount, amount
        budget.changed_at = timezone.now()
        budget.save(update_fields=["amount", "changed_at"])
        _audit(actor, BUDGET_CHANGED, budget, before=str(before), after=str(amount))


def remove_budget(actor: Any, budget: Budget) -> None:
    with transaction.atomic():
        _audit(actor, BUDGET_REMOVED, budget, before=str(budget.amount))
        budget.delete()


def _audit(actor: Any, action: str, budget: Budget, **details: Any) -> None:
    record_event(
        actor, action, f"budget:{budget.pk}", scope=budget.scope, user=budget.user_id, group=budget.group_id,
        kind=budget.kind, period=budget.period, amount=str(budget.amount), **details,
    )  # fmt: skip
