"""What tokens cost. Pure: counts and prices in, money out."""

from dataclasses import dataclass
from decimal import Decimal

MILLION = Decimal(1_000_000)
# A token of text has two bytes or more in nearly every text and vocabulary: half of them bounds a prompt from above.
BYTES_PER_TOKEN_AT_LEAST = 2
# English has about four characters a token: what a text without a count is taken for.
CHARACTERS_PER_TOKEN = 4
TOKENS_AROUND_A_MESSAGE = 8


@dataclass(frozen=True, slots=True)
class PerMillion:
    """US dollars for a million tokens."""

    prompt: Decimal
    completion: Decimal


def cost_usd(price: PerMillion, *, prompt_tokens: int, completion_tokens: int) -> Decimal:
    """Exact to a millionth of a dollar."""
    exact = (price.prompt * prompt_tokens + price.completion * completion_tokens) / MILLION
    return exact.quantize(Decimal("0.000001"))


def most_tokens(*texts: str) -> int:
    """As many tokens as the messages can well have."""
    return sum(len(text.encode()) // BYTES_PER_TOKEN_AT_LEAST + TOKENS_AROUND_A_MESSAGE for text in texts)


def guessed_tokens(*texts: str) -> int:
    """As many tokens as the texts usually have."""
    return sum(-(-len(text) // CHARACTERS_PER_TOKEN) for text in texts)
