"""Signals: their formulas against references, and on made-up histories how fast they are and how often wrong."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from app.quality.trend import (
    Baseline,
    Day,
    baseline_of,
    cusum,
    drop,
    is_below,
    is_cost_anomaly,
    is_slow_decline,
    mann_kendall,
    pooled,
    robust_z,
)
from evals.metrics.planted import Planted, cost_alarms, detection, drops, slow_declines

USUAL = Baseline(0.9, 0.3)


def days(*values, n=9):
    return [Day(value, n) for value in values]


def test_a_baseline_pools_answers_and_measures_how_days_differ():
    usual = baseline_of([Day(0.8, 10), Day(1.0, 30), Day(0.0, 0)])
    assert usual.mean == pytest.approx(0.95)
    assert usual.deviation == pytest.approx(math.sqrt(10 * 0.15**2 + 30 * 0.05**2))
    assert baseline_of([Day(0.9, 5), Day(0.0, 0)]) is None


def test_a_baseline_of_equal_days_still_lets_a_day_differ():
    usual = baseline_of(days(1.0, 1.0, n=49))
    assert usual.mean == 1.0
    assert usual.deviation == pytest.approx(math.sqrt(0.99 * 0.01))


def test_the_cumulative_sum_by_hand():
    # z = (0.9 - value)·3 / 0.3: -1, 2, 2, none, 0; slack 0.5.
    assert cusum([*days(1.0, 0.7, 0.7), Day(0, 0), *days(0.9)], USUAL) == pytest.approx([0, 1.5, 3, 3, 2.5])


def test_a_drop_says_when_it_began_and_how_far_it_went():
    found = drop(days(0.9, 0.9, 0.6, 0.6, 0.6), USUAL)
    # Each day at 0.6 adds 3 - 0.5, so that the third passes 6.
    assert (found.at, found.since, found.before) == (4, 2, 0.9)
    assert found.after == pytest.approx(0.6)
    assert drop(days(0.9, 1.0, 0.9), USUAL) is None
    assert drop([], USUAL) is None


def test_a_lasting_drop_from_the_first_day_is_dated_to_it():
    assert drop(days(0.6, 0.6, 0.6), USUAL).since == 0


def test_below_a_threshold_only_when_that_is_sure():
    assert is_below(days(0.5, n=100), 0.8)
    assert not is_below(days(0.7, n=5), 0.8)
    assert not is_below([], 0.8)
    assert pooled([Day(1.0, 1), Day(0.5, 3), Day(0, 0)]) == pytest.approx(2.5 / 4)
    assert pooled([]) == 0.0


def test_mann_kendall_by_hand():
    found = mann_kendall([4, 3, 2, 1])
    assert (found.s, found.variance, found.slope) == (-6, 4 * 3 * 13 / 18, -1)
    assert found.p_decline == pytest.approx(stats.norm.cdf(-5 / math.sqrt(26 / 3)))
    assert found.p_decline < 0.05 < found.p_rise
    assert mann_kendall([1, 2, 3]) is None
    assert mann_kendall([1, 1, 1, 1]).p_decline == 1.0


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 8), min_size=5, max_size=40).filter(lambda values: len(set(values)) > 1))
def test_mann_kendall_equals_scipy(values):
    found, when = mann_kendall(values), list(range(len(values)))
    theirs = stats.kendalltau(when, values, method="asymptotic")
    assert 2 * stats.norm.sf(abs(found.s) / math.sqrt(found.variance)) == pytest.approx(theirs.pvalue, abs=1e-9)
    assert found.slope == pytest.approx(stats.theilslopes(values, when).slope, abs=1e-9)


def test_a_robust_z_by_hand_and_by_scipy():
    history = [1.0, 2.0, 3.0, 4.0, 100.0]
    assert robust_z(5, history) == pytest.approx(0.6744897501960817 * 2)
    mad = stats.median_abs_deviation(history, scale="normal")
    assert robust_z(9, history) == pytest.approx(6 / mad, abs=1e-9)


def test_a_history_that_is_mostly_or_wholly_one_value_has_a_scale_of_its_own():
    assert robust_z(3, [1, 1, 1, 1, 2]) == pytest.approx(2 / (0.2 * math.sqrt(math.pi / 2)))
    assert robust_z(2, [1, 1]) == math.inf
    assert robust_z(0, [1, 1]) == -math.inf
    assert robust_z(1, [1, 1]) == 0
    with pytest.raises(ValueError, match="history"):
        robust_z(1, [])


def test_a_cost_must_be_far_up_and_much_higher():
    assert is_cost_anomaly(2.0, [1.0, 1.1, 0.9] * 9)
    assert not is_cost_anomaly(1.3, [1.0, 1.001, 0.999] * 9)
    assert not is_cost_anomaly(0.1, [1.0, 1.1, 0.9] * 9)


def test_a_decline_must_be_sure_and_large_enough():
    falling = days(*np.linspace(0.9, 0.8, 56))
    assert is_slow_decline(falling, level=0.005, at_least=0.05)
    assert not is_slow_decline(falling, level=0.005, at_least=0.2)
    assert not is_slow_decline(days(*[0.9] * 56), level=0.005, at_least=0.0)
    assert not is_slow_decline([], level=0.005, at_least=0.0)


def test_the_trend_test_keeps_its_level_where_nothing_changes():
    rng = np.random.default_rng(7)
    wrong = sum(mann_kendall(list(rng.normal(size=28))).p_decline < 0.05 for _ in range(1000))
    assert 25 <= wrong <= 70


def test_a_drop_of_ten_points_is_seen_within_two_weeks_with_few_false_alarms():
    found = detection(drops, Planted(days=460, level=0.9, a_day=20, at=365, fall=0.1), histories=80)
    assert found.seen == 1.0
    assert found.delay <= 8
    assert found.delay_90 <= 21
    assert found.false_alarms_a_year <= 0.6


def test_a_decline_of_ten_points_in_twelve_weeks_is_seen_with_fewer_false_alarms_than_stated():
    found = detection(slow_declines, Planted(460, 0.9, 60, at=365, fall=0.1, over=84), histories=100)
    assert found.seen >= 0.8
    assert found.delay <= 56
    assert found.false_alarms_a_year <= 0.26


def test_a_doubled_cost_is_seen_the_same_day():
    seen, false_alarms = cost_alarms(2.0, histories=40)
    assert seen >= 0.9
    assert false_alarms <= 3
