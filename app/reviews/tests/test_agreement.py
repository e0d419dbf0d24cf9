"""Kappa is the one of the books, and the rubric is the one that the judge is told."""

import random

import pytest

from app.prompts.shipped import newest_shipped
from app.reviews.agreement import by_criterion, disagree, kappa
from app.reviews.rubric import CURRENT, LEVELS, GradesError
from evals.judge.rubric import LEVELS as JUDGED
from evals.metrics.agreement import cohen_kappa

GOOD = {name: max(levels) for name, levels in LEVELS.items()}


@pytest.mark.parametrize("levels", [(0, 1), (0, 1, 2)])
def test_kappa_is_that_of_the_evaluation(levels: tuple[int, ...]) -> None:
    chance = random.Random(5)
    for _ in range(50):
        one = [chance.choice(levels) for _ in range(30)]
        other = [each if chance.random() < 0.6 else chance.choice(levels) for each in one]
        assert kappa(one, other, levels) == pytest.approx(cohen_kappa(one, other, levels, "quadratic"), abs=1e-12)


def test_kappa_by_hand() -> None:
    """Cohen's own layout: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.7 observed, 0.5 by chance."""
    one, other = [1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    assert kappa(one, other, (0, 1)) == pytest.approx(0.4)


def test_where_everything_has_one_level_kappa_is_undefined() -> None:
    assert kappa([1, 1], [1, 1], (0, 1)) is None
    assert kappa([], [], (0, 1)) is None


def test_agreement_by_question() -> None:
    worse = {**GOOD, "complete": 0}
    found = {each.name: each for each in by_criterion([(GOOD, GOOD), (GOOD, worse), (worse, worse)], LEVELS)}
    assert (found["complete"].n, found["complete"].same) == (3, 2)
    assert found["complete"].kappa == pytest.approx(0.4)
    assert found["correct"].kappa is None
    assert disagree(GOOD, worse)
    assert not disagree(GOOD, dict(GOOD))


def test_people_and_the_judge_grade_by_one_rubric() -> None:
    assert JUDGED is LEVELS
    text = " ".join(newest_shipped("grade").text.split())
    for criterion in CURRENT.criteria:
        for level in criterion.levels:
            assert f"{level.value}: {level.help}" in text


def test_levels_are_checked_with_a_sentence() -> None:
    assert CURRENT.checked({name: str(level) for name, level in GOOD.items()}) == GOOD
    with pytest.raises(GradesError, match="Choose a level for: Complete."):
        CURRENT.checked({name: level for name, level in GOOD.items() if name != "complete"})
    for wrong in ("3", "-1", "yes", True, 1.5):
        with pytest.raises(GradesError, match="Safe has the levels 0, 1"):
            CURRENT.checked({**GOOD, "safe": wrong})


def test_another_text_of_the_rubric_has_another_hash() -> None:
    from dataclasses import replace

    assert replace(CURRENT, version=2).hash != CURRENT.hash
