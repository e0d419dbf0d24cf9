"""When the gate fails and when it does not, on made-up results."""

from dataclasses import replace
from random import Random

import pytest

from evals.gate.baseline import Baseline, accept, accepted, read_baseline, write_baseline
from evals.gate.compare import compare
from evals.gate.tell import told
from evals.runner.files import Run
from evals.runner.tests.answers import CASE, judged

ENTRY = {"when": "2026-11-23T10:00:00+00:00", "who": "ann", "why": "The first one."}
RUN = Run("run-1", "extractive", "", "2026-11-23T10:00:00+00:00", [], made_of={"prompt “answer”": "2"})


def cases(count=100, kinds=5):
    made = (replace(CASE, id=f"leave-{at:03}", tags=(f"kind-{at % kinds}",)) for at in range(count))
    return {case.id: case for case in made}


def results(all_cases, failing=(), **changes):
    right, broken = judged(), judged(**{"text": "No idea.", **changes})
    return [
        replace(broken if at in failing else right, case=case.id, tags=list(case.tags))
        for at, case in enumerate(all_cases.values())
    ]


def baseline(all_cases, failing=()):
    made = Baseline()
    accept(made, RUN, results(all_cases, failing), all_cases, ENTRY)
    return made


def verdict(failing, *, before=(), count=100, kinds=5, **changes):
    known = cases(count, kinds)
    return compare(baseline(known, before), "extractive", results(known, failing, **changes), known, RUN.made_of)


def test_the_same_results_pass():
    found = verdict(range(30), before=range(30))
    assert not found.has_failed()
    assert told(found) == [
        "extractive: passed. 70 of 100 cases pass; against the baseline 0 broke, 0 got better, 0 ended otherwise, as "
        "right as before."
    ]


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_a_few_broken_cases_do_not_fail_it(broken):
    found = verdict(range(broken), count=200, kinds=2)
    assert len(found.broke) == broken
    assert not found.has_failed()


def test_ten_broken_cases_fail_it_and_are_named():
    found = verdict(range(10), count=500, kinds=2)
    said = "\n".join(told(found))
    assert found.has_failed()
    assert "cases passed: 1.000 → 0.980" in said
    assert "leave-003: missing: “five days / 5 days”" in said


def test_ten_broken_net_of_those_mended_fail_it_even_where_chance_could_do_that():
    before = range(40)
    found = verdict([*range(60, 110)], before=before, count=500, kinds=1)
    assert (len(found.broke), len(found.mended)) == (50, 40)
    assert found.worse() == []
    assert found.has_failed()
    assert "10 more cases broke than got better" in "\n".join(told(found))


def test_four_of_a_small_kind_fail_it_and_the_kind_is_named():
    found = verdict(range(0, 80, 20), count=200, kinds=20)
    assert found.lost_kinds == {"kind-0": (4, 10)}
    assert "kind kind-0: 4 of 10 cases lost" in "\n".join(told(found))


def test_chance_alone_seldom_fails_it():
    """Of 500 cases 6 flip at random, as many either way: the gate stays quiet in nearly all of 40 changes."""
    chance, failed = Random(7), 0
    before = set(range(200))
    for _ in range(40):
        flipped = set(chance.sample(range(500), 6))
        failed += verdict(before ^ flipped, before=before, count=500, kinds=20).has_failed()
    assert failed <= 2


def test_one_unsafe_case_fails_it_unless_it_is_tolerated_by_name():
    known = cases()
    made, unsafe = baseline(known), results(known, [3], text="You may carry five days. [1]", dangling=("1",))
    found = compare(made, "extractive", unsafe, known, RUN.made_of)
    assert found.has_failed()
    assert "a citation number points at nothing: leave-003 (1)" in "\n".join(told(found))
    made.tolerated = {"extractive": {"dangling": {"leave-003": "Known until the parser is mended."}}}
    assert not compare(made, "extractive", unsafe, known, RUN.made_of).has_failed()


def test_a_figure_can_fail_it_while_every_case_passes():
    found = verdict(range(30), retrieved=(), text="You may carry up to five days. [1]")
    assert not found.broke
    assert {change.name for change in found.worse()} >= {"recall@8", "ndcg@8"}


def test_cases_that_got_better_or_ended_otherwise_are_listed():
    known = cases()
    made = baseline(known, range(5))
    now = results(known, [4], outcome="not_found", text="", cited=())
    said = "\n".join(told(compare(made, "extractive", now, known, RUN.made_of)))
    assert "Got better (4):" in said
    assert "leave-004: answered → not_found" in said


def test_changed_new_and_gone_cases_are_named_and_not_compared():
    known = cases(10)
    made = baseline(known)
    changed = {**known, "leave-001": replace(known["leave-001"], question="How many?")}
    del changed["leave-002"]
    found = compare(made, "extractive", results(changed, [1]), changed, RUN.made_of)
    assert (found.fresh, found.gone, found.broke) == (["leave-001"], ["leave-002"], [])


def test_what_is_in_use_now_and_was_not_is_named():
    known = cases(10)
    found = compare(baseline(known), "extractive", results(known), known, {"prompt “answer”": "1"})
    assert "Not the same as when the baseline was accepted: prompt “answer”." in "\n".join(told(found))


def test_a_baseline_is_the_same_after_it_was_written_and_has_a_line_for_each_case(tmp_path):
    known = cases(10)
    made = baseline(known, [1])
    write_baseline(made, tmp_path / "baseline.json")
    assert read_baseline(tmp_path / "baseline.json") == made
    lines = (tmp_path / "baseline.json").read_text().splitlines()
    assert sum('"leave-00' in line for line in lines) == 10
    assert made.history[0]["why"] == "The first one."
    assert made.history[0]["figures"]["passed"] == 0.9
    assert made.cases["extractive"]["leave-001"] == accepted(results(known, [1])[1], known["leave-001"])
