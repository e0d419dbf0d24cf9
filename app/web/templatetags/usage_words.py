"""Money, budgets and their states in words."""

from datetime import datetime
from decimal import Decimal

from django import template
from django.conf import settings
from django.utils import timezone

from app.usage.budgets import Standing
from app.usage.models import Budget, Period, Scope
from app.usage.periods import moment_in_words
from app.web.templatetags.attest import in_words

register = template.Library()
STATE_WORDS = {"free": "enough left", "near": "nearly used up", "spent": "used up"}
STATE_TONES = {"free": "good", "near": "warn", "spent": "bad"}


@register.filter
def usd(amount: Decimal | None) -> str:
    """ "12.40 USD"; small amounts with as many places as they need to be seen."""
    if not amount:
        return "0 USD"
    for places in (2, 4):
        if amount >= Decimal(10) ** -places:
            return f"{amount:,.{places}f} USD"
    return f"{amount:,.6f} USD"


@register.filter
def plain(number: Decimal) -> str:
    """Without zeros that say nothing."""
    return f"{number.normalize():f}"


@register.filter
def short_number(number: int) -> str:
    """ "1.2 M"."""
    for size, unit in ((10**9, "B"), (10**6, "M"), (10**4, "K")):
        if number >= size:
            shown = number / (1000 if unit == "K" else size)
            return f"{shown:.0f} {unit}" if shown >= 100 else f"{shown:.1f} {unit}"
    return f"{number:,}"


@register.simple_tag
def budget_whom(budget: Budget) -> str:
    if budget.scope == Scope.USER:
        return budget.user.email if budget.user else "Each person"
    return f"Group {budget.group.name}" if budget.group else "Everybody together"


@register.simple_tag
def budget_amount(budget: Budget, amount: Decimal) -> str:
    """`amount` in the unit of the budget."""
    return f"{amount:,.0f} tokens" if budget.kind == Budget.Kind.TOKENS else usd(amount)


@register.simple_tag
def used_of(standing: Standing) -> str:
    """ "8.50 of 10.00 USD today, 85 %"."""
    budget = standing.budget
    places = 0 if budget.kind == Budget.Kind.TOKENS else 2
    unit = "tokens" if budget.kind == Budget.Kind.TOKENS else "USD"
    when = "today" if budget.period == Period.DAY else "this month"
    return f"{standing.used:,.{places}f} of {budget.amount:,.{places}f} {unit} {when}, {standing.percent} %"


@register.filter
def state_words(state: str) -> str:
    return STATE_WORDS[state]


@register.filter
def state_tone(state: str) -> str:
    return STATE_TONES[state]


@register.filter
def from_then(moment: datetime) -> str:
    """ "1 December, 00:00 UTC (in 7 days)"."""
    return f"{moment_in_words(moment)} (in {in_words((moment - timezone.now()).total_seconds())})"


@register.simple_tag
def near_percent() -> int:
    return int(settings.ATTEST_BUDGET_NEAR_PERCENT)
