"""What tokens cost, to a millionth of a dollar."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.usage.cost import PerMillion, cost_usd

TOKENS = st.integers(min_value=0, max_value=10_000_000)
PRICES = st.decimals(min_value=0, max_value=1000, places=4)


def test_a_million_tokens_cost_the_price():
    price = PerMillion(Decimal("2.50"), Decimal("10"))
    assert cost_usd(price, prompt_tokens=1_000_000, completion_tokens=0) == Decimal("2.5")
    assert cost_usd(price, prompt_tokens=0, completion_tokens=1_000_000) == Decimal(10)
    assert cost_usd(price, prompt_tokens=1200, completion_tokens=300) == Decimal("0.006000")


def test_what_is_free_costs_nothing():
    assert cost_usd(PerMillion(Decimal(0), Decimal(0)), prompt_tokens=10**9, completion_tokens=10**9) == 0


@given(PRICES, PRICES, TOKENS, TOKENS)
def test_the_cost_is_exact_never_negative_and_grows_with_the_tokens(prompt, completion, asked, said):
    price = PerMillion(prompt, completion)
    cost = cost_usd(price, prompt_tokens=asked, completion_tokens=said)
    exact = (prompt * asked + completion * said) / 1_000_000
    assert cost >= 0
    assert cost.as_tuple().exponent == -6
    assert abs(cost - exact) <= Decimal("0.0000005")
    assert cost_usd(price, prompt_tokens=asked + 1, completion_tokens=said) >= cost
