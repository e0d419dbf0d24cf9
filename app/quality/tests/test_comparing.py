"""Two runs case by case: what counts as broken, what is left out, and that figures are tested together."""

from dataclasses import replace

import pytest

from app.quality.comparing import Ended, change_of, compared
from app.quality.paired import holm, mcnemar, randomisation

GOOD = Ended("a-01", "asked", "an answer", "answered", passed=True, is_safe=True, figures={"recall@8": 1.0})
BAD = replace(GOOD, passed=False)
UNSAFE = replace(BAD, is_safe=False)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (GOOD, GOOD, "same"), (GOOD, BAD, "broke"), (BAD, GOOD, "mended"), (BAD, UNSAFE, "broke"),
        (UNSAFE, BAD, "mended"), (GOOD, replace(GOOD, answer="in other words"), "other"),
        (BAD, replace(BAD, outcome="not_found"), "other"), (GOOD, replace(GOOD, figures={"recall@8": 0.5}), "same"),
    ],
)  # fmt: skip
def test_what_a_change_is_called(before: Ended, after: Ended, change: str) -> None:
    assert change_of(before, after) == change


def many(ends: str) -> list[Ended]:
    """ "+-": a case that passed and one that failed, with a figure that goes with it."""
    return [
        replace(GOOD, case=f"a-{at:02}", passed=end == "+", figures={"recall@8": 1.0 if end == "+" else 0.25})
        for at, end in enumerate(ends)
    ]


def test_only_cases_asked_in_the_same_words_are_compared() -> None:
    before = [replace(GOOD, case=name) for name in ("both", "reworded", "gone")]
    after = [replace(GOOD, case="new"), replace(GOOD, case="reworded", asked="otherwise"), replace(BAD, case="both")]
    found = compared(before, after, ["recall@8"])
    assert [(old.case, new.passed) for old, new in found.pairs] == [("both", False)]
    assert (found.reworded, found.only_before, found.only_after) == (["reworded"], ["gone"], ["new"])
    assert found.tested[0].difference.n == 1


def test_figures_are_tested_by_pairs_and_corrected_together() -> None:
    before, after = many("+++++++++-"), many("---------+")
    passed, recall = compared(before, after, ["recall@8"]).tested
    old, new = ([each.passed for each in run] for run in (before, after))
    low, high = ([each.figures["recall@8"] or 0 for each in run] for run in (before, after))
    expected = holm({"passed": mcnemar(old, new), "recall@8": randomisation(low, high)})
    assert {"passed": passed.p, "recall@8": recall.p} == expected
    assert (passed.before, passed.after, passed.difference.value) == (0.9, 0.1, pytest.approx(-0.8))
    assert passed.difference.low < -0.8 < passed.difference.high
    assert passed.is_beyond_chance


def test_few_flips_are_not_beyond_chance() -> None:
    (passed,) = compared(many("+" * 20), many("+" * 17 + "---"), []).tested
    assert not passed.is_beyond_chance


def test_a_figure_is_over_the_cases_that_have_it_in_both() -> None:
    before, after = many("++"), many("+-")
    after[1] = replace(after[1], figures={"recall@8": None})
    found = {each.name: each for each in compared(before, after, ["recall@8", "no_case_has_it"]).tested}
    assert found["recall@8"].difference.n == 1
    assert "no_case_has_it" not in found


def test_nothing_in_common_has_no_figures() -> None:
    assert compared([GOOD], [], ["recall@8"]).tested == []
