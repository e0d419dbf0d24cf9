"""Whether a question is unlike those that were drawn before, by its words. Pure.

Words and not vectors: no model is loaded or asked for it, and the answer never changes with the encoder.
"""

import re
from collections.abc import Iterable

WORD = re.compile(r"[^\W_]{3,}|\d+")
# Enough to put "policies" beside "policy"; a longer word's ending seldom matters.
STEM = 5
ALIKE = 0.6
COMMON_WORDS = """
    the and for how what who when where which why does did are was were can may must will would should much many with
    from that this have has had our your their about into any all get let you they there
"""
COMMON = frozenset(COMMON_WORDS.split())


def words_of(question: str) -> frozenset[str]:
    found = (word for word in WORD.findall(question.casefold()) if word not in COMMON)
    return frozenset(word if word.isdigit() else word[:STEM] for word in found)


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The cosine of the sets, from 0 to 1."""
    return len(one & other) / (len(one) * len(other)) ** 0.5 if one and other else 0.0


def is_novel(question: str, before: Iterable[frozenset[str]]) -> bool:
    words = words_of(question)
    return all(likeness(words, each) < ALIKE for each in before)
