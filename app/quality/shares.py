"""Whether something happens more often in one place than everywhere else, beyond chance. Pure."""

from math import exp, fsum, lgamma

# Terms so much smaller than the first that they change nothing.
NEGLIGIBLE = 1e-18


def more_often(part: int, whole: int, other_part: int, other_whole: int) -> float:
    """The p-value of Fisher's exact test (1922), one-sided: that so many or more of `whole` are by chance.

    Both are taken to be drawn from the same answers. Holds for any numbers, also three of three.
    """
    if not 0 <= part <= whole or not 0 <= other_part <= other_whole:
        raise ValueError("A part is from 0 to its whole.")
    successes, everything = part + other_part, whole + other_whole
    most = min(whole, successes)
    least = max(0, successes - other_whole)
    if part <= least:
        return 1.0
    all_ways = _ways(everything, whole)
    terms: list[float] = []
    for count in range(part, most + 1):
        term = exp(_ways(successes, count) + _ways(everything - successes, whole - count) - all_ways)
        terms.append(term)
        if len(terms) > 1 and term < terms[-2] and term < NEGLIGIBLE * terms[0]:
            break
    return min(1.0, fsum(terms))


def _ways(n: int, k: int) -> float:
    """The logarithm of n over k."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
