"""Whether a question is hard, so that a stronger model should answer it. Pure.

The rule: one point each for a question that compares or asks for several things, for one of more than 25 words, for
evidence that is spread over four or more documents of nearly the same score, and for evidence that is weak. Two
points make it hard. It errs to the plain side: a strong model costs more and answers later.
"""

import re
from collections.abc import Sequence
from typing import Protocol

HARD_POINTS = 2
LONG_QUESTION_WORDS = 25
MANY_DOCUMENTS = 4
NEARLY_THE_BEST = 0.85
WEAK_COSINE = 0.35
COMPARES = re.compile(
    r"\b(?:compare[ds]?|comparison|differ(?:s|ence|ences|ent)?|versus|vs\.?|better|rather than|instead of|both|"
    r"respectively|as well as|trade-?offs?|pros and cons|under (?:which|what) (?:conditions|circumstances))\b",
    re.IGNORECASE,
)
ASKS = re.compile(r"\b(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)


class Evidence(Protocol):
    """A retrieved passage as far as this judgement needs it."""

    @property
    def document_id(self) -> int: ...
    @property
    def score(self) -> float: ...
    @property
    def semantic(self) -> float: ...


def is_hard(question: str, passages: Sequence[Evidence]) -> bool:
    points = (
        bool(COMPARES.search(question)) or asks_several_things(question),
        len(question.split()) > LONG_QUESTION_WORDS,
        is_spread(passages),
        max((passage.semantic for passage in passages), default=0.0) < WEAK_COSINE,
    )
    return sum(points) >= HARD_POINTS


def asks_several_things(question: str) -> bool:
    return question.count("?") > 1 or (" and " in question and len(ASKS.findall(question)) > 1)


def is_spread(passages: Sequence[Evidence]) -> bool:
    best = max((passage.score for passage in passages), default=0.0)
    near = {passage.document_id for passage in passages if passage.score >= NEARLY_THE_BEST * best}
    return len(near) >= MANY_DOCUMENTS
