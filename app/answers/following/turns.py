"""A conversation as rules and models see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange; the question as it stood alone, where that is known."""

    question: str
    answer: str
