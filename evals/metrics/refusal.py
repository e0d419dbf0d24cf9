"""Whether the product answers what it can answer and refuses the rest: both ways of being wrong, apart.

A refusal is right where the documents (or the asker's rights) hold no answer. Formulas are the usual precision, recall
and error rates with "refused" as the positive class (Rajpurkar et al. 2018, "Know what you don't know").
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.quality.intervals import Figure, ratio_figure, wilson

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

    def precision(self) -> Figure | None:
        """Of all refusals, the share where there was nothing to answer."""
        return _share(self.right_refusals, self.false_refusals)

    def recall(self) -> Figure | None:
        """Of all questions with nothing to answer, the share that was refused."""
        return _share(self.right_refusals, self.false_answers)

    def false_answer_rate(self) -> Figure | None:
        """Of all questions with nothing to answer, the share that was answered all the same: 1 - recall."""
        return _share(self.false_answers, self.right_refusals)

    def false_refusal_rate(self) -> Figure | None:
        """Of all questions with an answer, the share that was refused."""
        return _share(self.false_refusals, self.right_answers)

    def f1(self) -> Figure | None:
        """The harmonic mean of precision and recall of refusing, over all that was answered or refused."""
        wrong = self.false_answers + self.false_refusals
        parts = [2.0] * self.right_refusals + [0.0] * (wrong + self.right_answers)
        wholes = [2.0] * self.right_refusals + [1.0] * wrong + [0.0] * self.right_answers
        return ratio_figure(parts, wholes)


def false_answer(expected: str, got: str) -> float | None:
    """1 for an answer where there was nothing to answer; its mean is `false_answer_rate`. None for other cases."""
    return _is(expected, got, "false_answers", "right_refusals")


def false_refusal(expected: str, got: str) -> float | None:
    """1 for a refusal where there was an answer; its mean is `false_refusal_rate`. None for other cases."""
    return _is(expected, got, "false_refusals", "right_answers")


def right_refusal(expected: str, got: str) -> float | None:
    """1 for a refusal where there was nothing to answer, 0 for another one; its mean is `precision`."""
    return _is(expected, got, "right_refusals", "false_refusals")


def _is(expected: str, got: str, kind: str, contrary: str) -> float | None:
    found = _kind(expected, got)
    return float(found == kind) if found in (kind, contrary) else None


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


def _share(part: int, rest: int) -> Figure | None:
    return wilson(part, part + rest)
