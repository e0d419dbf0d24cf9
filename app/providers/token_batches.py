"""Groups texts of similar length into batches of bounded work, so that little padding is computed."""

from collections.abc import Iterator, Sequence


def token_batches(lengths: Sequence[int], *, max_tokens: int, max_texts: int) -> Iterator[list[int]]:
    """Indices of `lengths`, longest first, in batches whose padded size is at most `max_tokens`.

    A single text longer than `max_tokens` is a batch of its own. Longest first, so that memory peaks at once.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and (len(batch) >= max_texts or lengths[batch[0]] * (len(batch) + 1) > max_tokens):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
