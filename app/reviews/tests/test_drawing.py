"""What is drawn does not depend on chance that could not be repeated, and what it says of all answers is unbiased."""

from math import sqrt
from statistics import fmean, stdev

import pytest

from app.reviews.drawing import drawn, novelty_factors, number_of, rates, thinned
from app.reviews.estimates import Sampled, answered_for, mean, share, total

KEY = b"a key"
# Answers, the share of good ones, and how often they are drawn.
STRATA = {"frequent": (600, 0.9), "rare": (90, 0.5), "rarest": (10, 0.2)}
DOUBTED = 30
RUNS = 1000


def population() -> tuple[dict[int, str], dict[int, float]]:
    strata: dict[int, str] = {}
    good: dict[int, float] = {}
    for name, (count, part) in STRATA.items():
        for at in range(count):
            strata[len(strata)] = name
            good[len(good)] = float(at < round(part * count))
    for _ in range(DOUBTED):
        strata[len(strata)] = "doubted"
        good[len(good)] = float(len(good) % 3 == 0)
    return strata, good


def one_sample(run: int, most: int, percent: float = 0.1) -> list[Sampled]:
    strata, good = population()
    found = rates({name: count for name, (count, _) in STRATA.items()}, percent)
    chances = {each: found.of[name] for each, name in strata.items() if name != "doubted"}
    always = frozenset(each for each, name in strata.items() if name == "doubted")
    key = f"run {run}".encode()
    chosen = drawn({each: number_of(key, each) for each in strata}, always, chances, most)
    assert len(chosen) <= most
    return [Sampled(good[each], chance) for each, chance in chosen.items()]


@pytest.mark.parametrize("most", [1000, 40, 12])
def test_estimates_are_unbiased_also_where_the_limit_leaves_answers_out(most: int) -> None:
    _, good = population()
    truth = sum(good.values())
    totals = [total(one_sample(run, most)).value for run in range(RUNS)]
    assert abs(fmean(totals) - truth) < 4 * stdev(totals) / sqrt(RUNS)
    sizes = [sum(1 / each.probability for each in one_sample(run, most)) for run in range(RUNS)]
    assert abs(fmean(sizes) - len(good)) < 4 * stdev(sizes) / sqrt(RUNS)


def test_without_weights_the_same_sample_would_mislead() -> None:
    """So that the test above can fail: rare and doubted answers are drawn more often, and are worse."""
    _, good = population()
    plain = [fmean(each.value for each in one_sample(run, 1000)) for run in range(200)]
    assert fmean(plain) < sum(good.values()) / len(good) - 0.1


@pytest.mark.parametrize("estimator", [mean, share])
def test_intervals_hold_the_truth_about_as_often_as_they_say(estimator) -> None:
    _, good = population()
    truth = sum(good.values()) / len(good)
    found = [estimator(one_sample(run, 1000)) for run in range(600)]
    covered = fmean(float(each.low <= truth <= each.high) for each in found)
    assert covered > 0.91
    assert fmean(each.value for each in found) == pytest.approx(truth, abs=0.01)


def test_an_answer_has_one_number_however_often_it_is_asked_for() -> None:
    assert number_of(KEY, 7) == number_of(KEY, 7) != number_of(KEY, 7, "second")
    assert number_of(KEY, 7) != number_of(b"another key", 7)
    numbers = [number_of(KEY, each) for each in range(5000)]
    assert fmean(numbers) == pytest.approx(0.5, abs=0.02)
    assert sum(each < 0.02 for each in numbers) == pytest.approx(100, abs=40)


def test_the_whole_sample_is_about_the_share_and_rare_strata_are_seen() -> None:
    counts = {"answered": 9000, "not_found": 900, "conflict": 100}
    found = rates(counts, 0.02)
    assert sum(counts[name] * rate for name, rate in found.of.items()) == pytest.approx(200, rel=0.05)
    assert found.of["answered"] < 0.02 < found.of["not_found"] < found.of["conflict"] < found.other <= 1
    assert found.of["answered"] >= 0.02 / 4


def test_without_a_past_everything_is_drawn_at_the_share() -> None:
    assert rates({}, 0.03).other == 0.03
    assert rates({"answered": 50}, 0).other == 0


@pytest.mark.parametrize("part", [0.0, 0.2, 1.0])
def test_new_questions_come_twice_as_often_and_the_share_stays(part: float) -> None:
    novel, familiar = novelty_factors(part)
    assert novel == 2 * familiar
    assert part * novel + (1 - part) * familiar == pytest.approx(1)


def test_where_everything_is_drawn_nothing_is_left_out() -> None:
    assert set(rates({"frequent": 900, "rare": 100, "rarest": 1}, 1.0).of.values()) == {1.0}
    assert min(novelty_factors(1.0, 1.0)) == 1


def test_a_limit_keeps_a_part_of_those_without_it() -> None:
    numbers = {each: number_of(KEY, each) for each in range(1000)}
    chances = dict.fromkeys(numbers, 0.2)
    everything, some = thinned(numbers, chances, 10_000), thinned(numbers, chances, 50)
    assert len(some) == 50 < len(everything)
    assert some.keys() < everything.keys()
    assert all(some[each] < everything[each] == 0.2 for each in some)


def test_neither_chance_nor_doubt_crowds_the_other_out() -> None:
    numbers = {each: number_of(KEY, each) for each in range(1000)}
    always = frozenset(range(500))
    chosen = drawn(numbers, always, dict.fromkeys(range(500, 1000), 0.5), 40)
    assert len(chosen) == 40
    assert len(always & chosen.keys()) == 20
    few = drawn(numbers, frozenset(range(3)), dict.fromkeys(range(500, 1000), 0.5), 40)
    assert len(few) == 40
    assert all(few[each] == 1 for each in range(3))


def test_what_is_not_graded_yet_is_taken_to_be_like_what_is() -> None:
    graded = [Sampled(1, 0.1), Sampled(0, 0.1)]
    weighed = answered_for([0.1] * 8, graded)
    assert sum(1 / each.probability for each in weighed) == pytest.approx(80)
    estimate = mean([*weighed, *answered_for([1.0, 1.0], [Sampled(0, 1.0)])])
    assert estimate is not None
    assert estimate.value == pytest.approx(40 / 82)


def test_of_nothing_nothing_is_said() -> None:
    assert mean([]) is share([]) is None
    with pytest.raises(ValueError, match="above 0"):
        Sampled(1, 0)


def test_where_all_are_right_the_interval_still_has_a_width() -> None:
    found = share([Sampled(1, 0.5)] * 20)
    assert found is not None
    assert found.value == found.high == 1
    assert 0.8 < found.low < 0.95
