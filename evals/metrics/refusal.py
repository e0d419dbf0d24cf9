"""Whether the product answers what it can answer and refuses the rest: both ways of being wrong, apart.

A refusal is right where the documents (or the asker's rights) hold no answer. Formulas are the usual precision, recall
and error rates with "refused" as the positive class (Rajpurkar et al. 2018, "Know what you don't know").
"""

from collections.abc import Iterable
from dataclasses import dataclass

ANSWERS = frozenset({"answered", "caveat", "conflict", "degraded"})
REFUSALS = frozenset({"not_found", "refused"})


@dataclass(frozen=True, slots=True)
class Refusals:
    """Counts. `failed`: neither answered nor refused, and part of no figure here."""

    right_answers: int = 0
    false_answers: int = 0
    false_refusals: int = 0
    right_refusals: int = 0
    failed: int = 0

    def precision(self) -> float | None:
        """Of all refusals, the share where there was nothing to answer."""
        return _share(self.right_refusals, self.false_refusals)

    def recall(self) -> float | None:
        """Of all questions with nothing to answer, the share that was refused."""
        return _share(self.right_refusals, self.false_answers)

    def false_answer_rate(self) -> float | None:
        """Of all questions with nothing to answer, the share that was answered all the same: 1 - recall."""
        return _share(self.false_answers, self.right_refusals)

    def false_refusal_rate(self) -> float | None:
        """Of all questions with an answer, the share that was refused."""
        return _share(self.false_refusals, self.right_answers)

    def f1(self) -> float | None:
        """The harmonic mean of precision and recall of refusing."""
        wrong = self.false_answers + self.false_refusals
        both = 2 * self.right_refusals + wrong
        return 2 * self.right_refusals / both if both else None


def refusals(cases: Iterable[tuple[str, str]]) -> Refusals:
    """From (expected outcome, outcome). An expected outcome must be an answer or a refusal: else ValueError."""
    counts = dict.fromkeys(("right_answers", "false_answers", "false_refusals", "right_refusals", "failed"), 0)
    for expected, got in cases:
        counts[_kind(expected, got)] += 1
    return Refusals(**counts)


def _kind(expected: str, got: str) -> str:
    if expected not in ANSWERS | REFUSALS:
        raise ValueError(f'"{expected}" is neither an answer nor a refusal, so it cannot be expected.')
    if got in ANSWERS:
        return "right_answers" if expected in ANSWERS else "false_answers"
    if got in REFUSALS:
        return "right_refusals" if expected in REFUSALS else "false_refusals"
    return "failed"


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None
