"""Which questions are hard, by the rule that the module states."""

from dataclasses import dataclass

import pytest

from app.answers.difficulty import is_hard


@dataclass
class Found:
    document_id: int
    score: float = 0.8
    semantic: float = 0.6


ONE = [Found(1), Found(1, 0.5), Found(2, 0.4)]
SPREAD = [Found(number) for number in range(5)]
WEAK = [Found(1, 0.2, 0.2)]
LONG = "If somebody travels for " + "a very long time " * 6 + "by train, may they book first class?"


@pytest.mark.parametrize(
    ("question", "passages", "hard"),
    [
        ("How much may a hotel cost?", ONE, False),
        ("How much may a hotel cost?", SPREAD, False),
        ("How does leave differ between full-time and part-time?", ONE, False),
        ("How does leave differ between full-time and part-time?", SPREAD, True),
        ("What does a hotel cost and who approves it?", SPREAD, True),
        ("What does a hotel cost? Who approves it?", WEAK, True),
        (LONG, ONE, False),
        (LONG, SPREAD, True),
        ("Hotel?", [], False),
    ],
)
def test_two_points_make_a_question_hard(question, passages, hard):
    assert is_hard(question, passages) == hard
