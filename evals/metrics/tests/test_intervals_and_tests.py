"""Intervals, paired tests and agreement: by hand, and to 1e-9 against scipy, statsmodels and scikit-learn."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from app.quality import intervals as bootstrap
from app.quality.intervals import Figure, difference_figure, mean_figure, quantile_figures, ratio_figure, wilson
from app.quality.paired import Flips, flips, holm, mcnemar, randomisation
from evals.metrics.agreement import agreement, band, cohen_kappa

DICE = np.random.default_rng(8)
SAMPLES = [DICE.beta(2, 1, 60), DICE.integers(0, 2, 80).astype(float), DICE.exponential(3, 25), np.array([0.0, 1, 1])]
THEIRS = {"worse": "less", "better": "greater", "two-sided": "two-sided"}


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("values", SAMPLES)
def test_the_interval_of_a_mean_equals_scipy_with_the_same_draws(values, method):
    ours = mean_figure(list(values), resamples=999, seed=5, method=method)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=999, rng=np.random.default_rng(5), method=method, vectorized=True
    ).confidence_interval
    assert (ours.value, ours.n) == (pytest.approx(values.mean(), abs=1e-12), len(values))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_the_interval_of_a_ratio_equals_scipy_with_the_same_draws(method):
    wholes = DICE.integers(1, 9, 40).astype(float)
    parts = np.minimum(wholes, DICE.integers(0, 9, 40))
    ours = ratio_figure(list(parts), list(wholes), confidence=0.9, resamples=999, seed=2, method=method)
    theirs = stats.bootstrap(
        (parts, wholes), lambda a, b, axis: a.sum(axis) / b.sum(axis), paired=True, confidence_level=0.9,
        n_resamples=999, rng=np.random.default_rng(2), method=method, vectorized=True,
    ).confidence_interval  # fmt: skip
    assert ours.value == pytest.approx(parts.sum() / wholes.sum(), abs=1e-12)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_a_figure_is_seeded_and_says_its_cases():
    values = [0.0, 1.0, None, 1.0, 0.5, 1.0]
    assert mean_figure(values, seed=1) == mean_figure(values, seed=1)
    assert mean_figure(values).n == 5
    assert str(Figure(0.5, 0.25, 0.75, 8)) == "0.500 (0.250–0.750, n = 8)"


def test_the_draws_do_not_depend_on_how_many_are_made_at_once(monkeypatch):
    values = list(DICE.beta(2, 1, 33))
    whole = mean_figure(values)
    monkeypatch.setattr(bootstrap, "DRAWS_AT_ONCE", 100)
    assert mean_figure(values) == whole


def test_there_is_no_figure_of_nothing_and_no_width_where_all_are_alike():
    assert mean_figure([]) is None
    assert mean_figure([None]) is None
    assert ratio_figure([], []) is None
    assert ratio_figure([0, 0], [0, 0]) is None
    assert mean_figure([1.0] * 9) == Figure(1.0, 1.0, 1.0, 9)
    assert mean_figure([0.7]) == Figure(0.7, 0.7, 0.7, 1)


def test_parts_and_wholes_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="a part and a whole"):
        ratio_figure([1], [1, 2])
    with pytest.raises(ValueError, match="0 or more"):
        ratio_figure([1, 1], [1, -2])


def test_a_case_whose_whole_is_0_takes_part_without_dividing_by_it():
    figure = ratio_figure([2, 0, 1], [2, 0, 2])
    assert figure.value == 0.75
    assert 0 <= figure.low <= figure.high <= 1


def test_a_difference_is_taken_case_by_case():
    before, after = [0.0, 0.5, 1.0, 1.0], [0.1, 0.6, 1.1, 1.1]
    figure = difference_figure(before, after)
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.1, 0.1, 0.1))
    with pytest.raises(ValueError, match="shorter"):
        difference_figure([1.0, 2.0], [1.0])


@settings(deadline=None)
@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=50), st.floats(0, 1))
def test_a_quantile_equals_numpy_and_lies_within_its_interval(values, share):
    (found,) = quantile_figures(values, [share], resamples=200)
    assert (found.value, found.n) == (pytest.approx(float(np.quantile(values, share)), abs=1e-9), len(values))
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_the_interval_of_a_median_equals_scipy_with_the_same_draws():
    values = np.random.default_rng(3).lognormal(0, 1, 80)
    (found,) = quantile_figures(list(values), [0.5])
    theirs = stats.bootstrap(
        (values,), np.median, n_resamples=bootstrap.RESAMPLES, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    assert (found.low, found.high) == (pytest.approx(theirs.low), pytest.approx(theirs.high))
    assert quantile_figures([], [0.5]) == []


def test_intervals_hold_the_true_mean_about_as_often_as_they_say():
    """For a 95 % interval of 60 skewed values, over 1,000 samples."""
    dice = np.random.default_rng(1)
    held = 0
    for seed in range(1000):
        figure = mean_figure(list(dice.beta(4, 1, 60)), resamples=600, seed=seed)
        held += figure.low <= 0.8 <= figure.high
    assert 0.925 <= held / 1000 <= 0.975


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(0, 400), st.sampled_from([0.9, 0.95, 0.99]))
def test_wilson_equals_statsmodels(n, successes, confidence):
    successes = min(successes, n)
    figure = wilson(successes, n, confidence)
    low, high = proportion_confint(successes, n, 1 - confidence, "wilson")
    assert (figure.low, figure.high) == pytest.approx((low, high), abs=1e-9)
    assert figure.n == n


def test_wilson_of_nothing_is_nothing():
    assert wilson(0, 0) is None


def test_flips_count_what_broke_and_what_was_mended():
    assert flips([True, True, False, False], [True, False, True, False]) == Flips(1, 1)


def test_mcnemar_by_hand():
    before, after = [True] * 5 + [False], [False] * 5 + [True]
    # 6 changed, 5 or more of them broke: (6 + 1) / 64.
    assert mcnemar(before, after, "worse") == pytest.approx(7 / 64)
    assert mcnemar(before, after, "better") == pytest.approx(63 / 64)
    assert mcnemar(before, after) == pytest.approx(14 / 64)
    assert mcnemar([True], [True]) == 1.0


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 5))
def test_mcnemar_equals_statsmodels_and_scipy(broke, mended, same):
    before = [True] * broke + [False] * mended + [True] * same
    after = [False] * broke + [True] * mended + [True] * same
    theirs = their_mcnemar([[same, broke], [mended, 0]], exact=True).pvalue
    assert mcnemar(before, after) == pytest.approx(theirs, abs=1e-9)
    if broke + mended:
        one_sided = stats.binomtest(broke, broke + mended, alternative="greater").pvalue
        assert mcnemar(before, after, "worse") == pytest.approx(one_sided, abs=1e-9)


@pytest.mark.parametrize("alternative", ["worse", "better", "two-sided"])
def test_the_randomisation_test_equals_scipy_where_it_is_exact(alternative):
    dice = np.random.default_rng(3)
    for _ in range(20):
        before = dice.integers(0, 5, 11) / 4
        after = np.clip(before + dice.integers(-1, 3, 11) / 4, 0, 1)
        theirs = stats.permutation_test(
            (after, before), lambda x, y, axis: (x - y).mean(axis), permutation_type="samples", n_resamples=np.inf,
            alternative=THEIRS[alternative], vectorized=True,
        ).pvalue  # fmt: skip
        assert randomisation(list(before), list(after), alternative) == pytest.approx(theirs, abs=1e-9)


def test_the_randomisation_test_by_hand():
    # All three grew by as much: one of the 8 ways to give signs is as good, two are as extreme.
    assert randomisation([0, 0, 0], [1, 1, 1], "better") == 1 / 8
    assert randomisation([0, 0, 0], [1, 1, 1]) == 2 / 8
    assert randomisation([0, 0, 0], [1, 1, 1], "worse") == 1.0
    assert randomisation([0.3, 0.3], [0.3, 0.1 + 0.2]) == 1.0


def test_many_cases_are_tested_by_seeded_draws_near_the_t_test():
    dice = np.random.default_rng(9)
    before = list(dice.uniform(0, 0.8, 120))
    after = [value + shift for value, shift in zip(before, dice.normal(-0.02, 0.1, 120), strict=True)]
    ours = randomisation(before, after, "worse", seed=4)
    assert ours == randomisation(before, after, "worse", seed=4)
    assert ours == pytest.approx(stats.ttest_rel(after, before, alternative="less").pvalue, abs=0.01)
    assert randomisation(before, [value - 0.1 for value in before], "worse") == pytest.approx(1 / 10_001)


def test_holm_by_hand():
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03})
    assert list(adjusted) == ["a", "b", "c"]
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})
    assert holm({}) == {}


def test_holm_equals_statsmodels():
    dice = random.Random(2)
    for size in range(1, 13):
        values = [round(dice.random() ** 3, 2) for _ in range(size)]
        ours = list(holm({str(at): value for at, value in enumerate(values)}).values())
        assert ours == pytest.approx(list(multipletests(values, method="holm")[1]), abs=1e-9)
        in_order = [ours[at] for at in np.argsort(values, kind="stable")]
        assert all(low <= high for low, high in pairwise(in_order))


def test_kappa_by_hand():
    # 20 of 50 both yes, 15 both no; 25 against 30 yes: (0.7 - 0.5) / (1 - 0.5).
    one = ["yes"] * 25 + ["no"] * 25
    other = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(one, other, ["yes", "no"]) == pytest.approx(0.4)
    assert band(0.4) == "moderate"
    assert band(-0.1) == "poor"


def test_kappa_is_undefined_where_both_always_said_the_same():
    assert cohen_kappa(["yes"] * 5, ["yes"] * 5, ["yes", "no"]) is None
    assert cohen_kappa([], [], ["yes", "no"]) is None
    found = agreement(["yes"] * 5, ["yes"] * 5, ["yes", "no"])
    assert (found.kappa, found.observed.value, found.n) == (None, 1.0, 5)
    with pytest.raises(ValueError, match="same items"):
        cohen_kappa(["yes"], [], ["yes", "no"])
    with pytest.raises(ValueError, match="perhaps"):
        cohen_kappa(["perhaps"], ["yes"], ["yes", "no"])


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappa_equals_scikit_learn(weights):
    dice = random.Random(6)
    theirs = None if weights == "none" else weights
    for _ in range(60):
        one = [dice.randint(0, 3) for _ in range(dice.randint(5, 60))]
        other = [each if dice.random() < 0.5 else dice.randint(0, 3) for each in one]
        ours = cohen_kappa(one, other, [0, 1, 2, 3], weights)
        assert ours == pytest.approx(cohen_kappa_score(one, other, labels=[0, 1, 2, 3], weights=theirs), abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_kappa_is_symmetric_and_1_only_for_agreement(pairs):
    one, other = zip(*pairs, strict=True)
    kappa = cohen_kappa(one, other, [0, 1, 2])
    assert (kappa is None) or kappa == pytest.approx(cohen_kappa(other, one, [0, 1, 2]))
    assert (kappa is None) or (kappa <= 1 + 1e-12 and (kappa > 1 - 1e-9) == (one == other))


def test_agreement_shows_shares_kappa_and_confusion_with_people_first():
    people, model = [2] * 30 + [0] * 20, [2] * 25 + [1] * 5 + [0] * 15 + [2] * 5
    found = agreement(people, model, [0, 1, 2], "quadratic")
    assert found.observed == wilson(40, 50)
    assert found.kappa.low < found.kappa.value < found.kappa.high
    assert found.confusion.count("2", "1") == 5
    assert found.confusion.rows("people", "judge")[0] == "| people \\ judge | 0 | 1 | 2 |"
