"""The average of what could be measured."""

from collections.abc import Iterable


def mean(values: Iterable[float | None]) -> float:
    """The average of the values that are not None, 0 for none, so that an empty evaluation reports zeros rather than
    failing. A figure with its interval and number of cases is `bootstrap.mean_figure`."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0
