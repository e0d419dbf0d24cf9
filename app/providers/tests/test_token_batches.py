"""Batches hold every text once and stay within their budget."""

from hypothesis import given
from hypothesis import strategies as st

from app.providers.token_batches import token_batches


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(1, 1000), st.integers(1, 16))
def test_every_text_is_in_one_batch_that_keeps_both_limits(lengths, max_tokens, max_texts):
    batches = list(token_batches(lengths, max_tokens=max_tokens, max_texts=max_texts))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[index] for index in batch)
        assert len(batch) <= max_texts
        assert len(batch) == 1 or longest * len(batch) <= max_tokens


def test_the_longest_go_first_and_together():
    assert list(token_batches([5, 100, 90, 6], max_tokens=200, max_texts=8)) == [[1, 2], [3, 0]]
