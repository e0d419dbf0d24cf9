"""Which budgets hold for somebody, how much of them is used, and what is said when nothing is left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from app.providers.errors import NotAsked
from app.usage.models import Budget, Period, Scope, Tally
from app.usage.periods import end_of, moment_in_words, start_of
from app.usage.spender import EVERYONE, Spender, group_subject, user_subject

State = Literal["free", "near", "spent"]
TallyKey = tuple[str, str, date]


class BudgetSpent(NotAsked):
    """A call could use more than is left. `message` is for the reader: it says until when."""

    def __init__(self, budget: Budget, until: datetime) -> None:
        super().__init__(notice_of(budget, until))
        self.budget = budget
        self.until = until


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a budget is used by whom it holds for; `used` counts what calls under way may still use."""

    budget: Budget
    subject: str
    used: Decimal
    until: datetime

    @property
    def left(self) -> Decimal:
        return max(self.budget.amount - self.used, Decimal(0))

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means that nothing is left."""
        if self.budget.amount == 0:
            return 100
        return int(self.used * 100 / self.budget.amount)

    @property
    def state(self) -> State:
        if self.percent >= 100:
            return "spent"
        return "near" if self.percent >= settings.ATTEST_BUDGET_NEAR_PERCENT else "free"


def budgets_for(spender: Spender) -> list[Budget]:
    """What holds for the spender. A budget of the person's own stands in for what each person has."""
    holds = Q(scope=Scope.EVERYONE)
    if spender.group_ids:
        holds |= Q(scope=Scope.GROUP, group_id__in=spender.group_ids)
    if spender.user_id is not None:
        holds |= Q(scope=Scope.USER, user_id=spender.user_id) | Q(scope=Scope.USER, user_id=None)
    found = list(Budget.objects.filter(holds).select_related("group"))
    own = {(each.kind, each.period) for each in found if each.user_id is not None}
    return [each for each in found if not is_for_each_person(each) or (each.kind, each.period) not in own]


def is_for_each_person(budget: Budget) -> bool:
    return budget.scope == Scope.USER and budget.user_id is None


def subject_of(budget: Budget, spender: Spender) -> str:
    """The tally that the budget looks at when `spender` spends."""
    if budget.scope == Scope.EVERYONE:
        return EVERYONE
    if budget.scope == Scope.GROUP:
        return group_subject(budget.group_id or 0)
    return user_subject(budget.user_id or spender.user_id or 0)


def standing_of(budget: Budget, subject: str, tally: Tally | None, today: date) -> Standing:
    used = used_of(budget, tally) if tally is not None else Decimal(0)
    return Standing(budget, subject, used, end_of(budget.period, today))


def used_of(budget: Budget, tally: Tally) -> Decimal:
    if budget.kind == Budget.Kind.TOKENS:
        return Decimal(tally.tokens + tally.reserved_tokens)
    return tally.cost_usd + tally.reserved_usd


def standings(spender: Spender) -> list[Standing]:
    """Every budget that holds for the spender, as used at this moment."""
    today, budgets = timezone.localdate(), budgets_for(spender)
    if not budgets:
        return []
    tallies = tallies_of({subject_of(each, spender) for each in budgets}, today)
    return [
        standing_of(each, subject, tallies.get((subject, each.period, start_of(each.period, today))), today)
        for each in budgets
        for subject in (subject_of(each, spender),)
    ]


def budget_state(spender: Spender) -> State:
    """The worst state of all budgets that hold for the spender."""
    return worst(standing.state for standing in standings(spender))


def worst(states: Iterable[State]) -> State:
    found = set(states)
    return "spent" if "spent" in found else "near" if "near" in found else "free"


def tallies_of(subjects: Iterable[str], today: date) -> dict[TallyKey, Tally]:
    starts = Q(period=Period.DAY, start=today) | Q(period=Period.MONTH, start=start_of(Period.MONTH, today))
    rows = Tally.objects.filter(starts, subject__in=list(subjects))
    return {(each.subject, each.period, each.start): each for each in rows}


def notice_of(budget: Budget, until: datetime) -> str:
    """The sentences under an answer that was quoted because of the budget."""
    whose = {
        Scope.USER: "Your budget",
        Scope.GROUP: f"The budget of the group {budget.group.name if budget.group else ''}",
        Scope.EVERYONE: "The budget",
    }[Scope(budget.scope)]
    when = "today" if budget.period == Period.DAY else "this month"
    return (
        f"{whose} for answers by a language model is used up for {when}. "
        f"Until {moment_in_words(until)}, answers are quoted from the documents."
    )
