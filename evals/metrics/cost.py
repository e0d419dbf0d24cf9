"""What answers cost: tokens and money, in all, per answer and per answer that was right."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.quality.intervals import Figure, mean_figure, quantile_figures, ratio_figure


@dataclass(frozen=True, slots=True)
class Spent:
    """What one answer used, over all calls of models that it took."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Costs:
    """The sums are what was spent, to the cent; the rest are estimates in US dollars or tokens, and say how sure.

    `per_right_answer` divides everything spent by the answers that were right; None where none was.
    """

    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    per_answer: Figure | None
    median: Figure | None
    per_right_answer: Figure | None
    prompt_tokens_per_answer: Figure | None
    completion_tokens_per_answer: Figure | None


def costs(spent: Sequence[Spent], right: Sequence[bool] = ()) -> Costs:
    """Sums and averages over `spent`; `right` says of each answer whether it was right."""
    usd = [float(each.cost_usd) for each in spent]
    return Costs(
        answers=len(spent),
        prompt_tokens=sum(each.prompt_tokens for each in spent),
        completion_tokens=sum(each.completion_tokens for each in spent),
        cost_usd=sum((each.cost_usd for each in spent), Decimal(0)),
        per_answer=mean_figure(usd),
        median=next(iter(quantile_figures(usd, (0.5,))), None),
        per_right_answer=ratio_figure(usd, [float(each) for each in right]) if right else None,
        prompt_tokens_per_answer=mean_figure([each.prompt_tokens for each in spent]),
        completion_tokens_per_answer=mean_figure([each.completion_tokens for each in spent]),
    )
