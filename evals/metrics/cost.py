"""What answers cost: tokens and money, per answer and per answer that was right."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median


@dataclass(frozen=True, slots=True)
class Spent:
    """What one answer used, over all calls of models that it took."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Costs:
    """`per_right_answer` divides everything spent by the answers that were right; None where none was."""

    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    per_answer: Decimal | None
    median: Decimal | None
    per_right_answer: Decimal | None


def costs(spent: Sequence[Spent], right: int = 0) -> Costs:
    """Sums and averages over `spent`; `right` says how many of the answers were right."""
    total = sum((each.cost_usd for each in spent), Decimal(0))
    return Costs(
        answers=len(spent),
        prompt_tokens=sum(each.prompt_tokens for each in spent),
        completion_tokens=sum(each.completion_tokens for each in spent),
        cost_usd=total,
        per_answer=total / len(spent) if spent else None,
        median=median(each.cost_usd for each in spent) if spent else None,
        per_right_answer=total / right if right else None,
    )
