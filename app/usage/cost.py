"""What tokens cost. Pure: counts and prices in, money out."""

from dataclasses import dataclass
from decimal import Decimal

MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    prompt: Decimal
    completion: Decimal


def cost_usd(price: Price, *, prompt_tokens: int, completion_tokens: int) -> Decimal:
    """Exact to a millionth of a dollar."""
    exact = (price.prompt * prompt_tokens + price.completion * completion_tokens) / MILLION
    return exact.quantize(Decimal("0.000001"))
