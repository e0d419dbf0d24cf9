"""Whether two quotes from different documents give different figures for the same thing. Pure.

A cautious rule: both must speak in nearly the same words, hold figures with the same unit, and share
none of those figures. What it misses is left to the reader, who sees both sources with their dates.
"""

import re
from collections.abc import Sequence
from itertools import combinations

FIGURE = re.compile(r"([€$£]|EUR|USD|GBP|PLN)?\s?(\d+(?:[.,]\d+)*)\s?(%|[A-Za-zµ°€]+)?")
WORD = re.compile(r"[a-z]{4,}")
SHARED_WORDS = 0.5


def disagreement(question: str, quotes: Sequence[tuple[int, str]]) -> tuple[int, int] | None:
    """The positions of the first two `(document id, quote)` that differ, or None."""
    asked = set(WORD.findall(question.lower()))
    for (one, (document, text)), (two, (other, second)) in combinations(enumerate(quotes), 2):
        if document != other and _same_subject(text, second, asked) and _figures_differ(text, second):
            return one, two
    return None


def _same_subject(text: str, other: str, asked: set[str]) -> bool:
    words, others = set(WORD.findall(text.lower())), set(WORD.findall(other.lower()))
    smaller = min(len(words), len(others))
    both_asked = words & others & asked
    return bool(both_asked) and smaller > 0 and len(words & others) / smaller >= SHARED_WORDS


def _figures_differ(text: str, other: str) -> bool:
    figures, others = _figures(text), _figures(other)
    shared_units = {unit for unit, _ in figures} & {unit for unit, _ in others}
    return any(
        not ({value for unit, value in figures if unit == shared} & {value for unit, value in others if unit == shared})
        for shared in shared_units
    )


def _figures(text: str) -> set[tuple[str, str]]:
    """Figures with a unit in front or behind; bare numbers (years, list numbers) say too little."""
    found = set()
    for before, value, after in FIGURE.findall(text):
        unit = (before or after).lower()
        if unit:
            found.add((unit, value.replace(",", "")))
    return found
