"""The rules of the gate over graded answers, on made-up runs."""

from dataclasses import replace

import pytest

from evals.gate.living import Accepted, Before, Now, compare_living, told
from evals.runner.scoring import Result

ALL = 40


def result(place: int, **changed) -> Result:
    figures: dict[str, float | None] = {"right_outcome": 1.0, "cites_again": 1.0, "similarity": 0.9, "recall@8": 1.0}
    made = Result(
        case=f"review-{place}", mode="extractive", question="", asker="", tags=["graded-good"], expected="answered",
        accepted=[], outcome="answered", is_right=True, passed=True, text="", figures=figures,
    )  # fmt: skip
    return replace(made, **changed)


def lost(place: int) -> Result:
    found = result(place)
    figures = found.figures | {"right_outcome": 0.0, "cites_again": None, "similarity": None}
    return replace(found, passed=False, is_right=False, outcome="not_found", figures=figures)


def now(results, *, good=range(ALL), digest="a"):
    names = [each.case for each in results]
    return Now(results, frozenset(f"review-{place}" for place in good), dict.fromkeys(names, digest), {"encoder": "e"})


def accepted(results, digest="a"):
    rows = {each.case: Before(digest, each.passed, each.outcome, each.figures) for each in results}
    return Accepted("20261123-083205-living-7", {"encoder": "e"}, rows)


BEST = [result(place) for place in range(ALL)]


def with_lost(count):
    return [lost(place) if place < count else result(place) for place in range(ALL)]


@pytest.mark.parametrize(("count", "fails"), [(0, False), (2, False), (3, True)])
def test_one_in_twenty_may_fall_to_a_wording(count, fails):
    found = compare_living(now(with_lost(count)), Accepted())
    assert found.has_failed() is fails
    assert len(found.broke) == count


def test_what_people_found_wrong_need_not_be_right():
    found = compare_living(now(with_lost(10), good=range(10, ALL)), Accepted())
    assert not found.has_failed()
    assert found.broke == []


def test_what_was_wrong_when_a_run_was_accepted_is_known_and_not_held_against_the_next():
    found = compare_living(now(with_lost(5)), accepted(with_lost(5)))
    assert not found.has_failed()
    assert (len(found.known), len(found.broke)) == (5, 0)


def test_graded_otherwise_since_it_is_a_new_case():
    found = compare_living(now(with_lost(5), digest="b"), accepted(with_lost(5), digest="a"))
    assert found.has_failed()
    assert (len(found.known), len(found.broke), found.changes) == (0, 5, [])


def test_a_figure_that_fell_beyond_chance_fails_it_although_answers_are_still_right():
    worse = [result(place, figures=each.figures | {"similarity": 0.6}) for place, each in enumerate(BEST)]
    found = compare_living(now(worse), accepted(BEST))
    assert [change.name for change in found.worse()] == ["similarity"]
    assert found.has_failed()
    assert any("words shared with what was graded (F1): 0.900 → 0.600 (p = " in line for line in told(found))
    better = compare_living(now(BEST), accepted(worse))
    assert not better.has_failed()


def test_few_answers_pass_with_a_sentence_unless_one_is_unsafe():
    few = compare_living(now(with_lost(10)[:19]), accepted(BEST))
    assert not few.has_failed()
    assert any("too few to tell a worse release from chance" in line for line in told(few))
    assert any("review-0: expected answered, got not_found" in line for line in told(few))
    unsafe = [replace(BEST[0], violations=["17"], passed=False), *BEST[1:5]]
    assert compare_living(now(unsafe), Accepted()).has_failed()


def test_what_was_left_out_and_what_is_in_use_now_is_told():
    changed = replace(now(BEST), made_of={"encoder": "other"}, left_out={"graded under an older rubric": 4})
    lines = told(compare_living(changed, accepted(BEST)))
    assert "  Left out: 4 (graded under an older rubric)." in lines
    assert "  Not the same as when that run was accepted: encoder." in lines
