"""Rankings: each figure against one worked out by hand, against trec_eval and scikit-learn, and what always holds."""

import math
import random

import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from evals.metrics.average import mean
from evals.metrics.retrieval import (
    access_violations,
    first_of_each,
    graded_ndcg_at_k,
    hit_at_k,
    mrr_at_k,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
)

IDS = st.lists(st.integers(0, 40), unique=True, max_size=30)
FIGURES = (recall_at_k, precision_at_k, hit_at_k, mrr_at_k, ndcg_at_k)


def test_ndcg_of_a_single_relevant_document_is_its_discount():
    assert ndcg_at_k(["a", "b", "c"], {"a"}) == 1.0
    assert ndcg_at_k(["b", "a", "c"], {"a"}) == pytest.approx(1 / math.log2(3))
    assert ndcg_at_k(["b", "c", "a"], {"a"}) == pytest.approx(0.5)


def test_ndcg_divides_by_the_best_possible_order():
    found = 1 + 0.5  # ranks 1 and 3
    ideal = 1 + 1 / math.log2(3)
    assert ndcg_at_k(["a", "x", "b"], {"a", "b"}) == pytest.approx(found / ideal)


def test_ndcg_ignores_what_stands_below_k_and_caps_the_ideal_at_k():
    assert ndcg_at_k(["x", "y", "a"], {"a"}, k=2) == 0.0
    assert ndcg_at_k(["a", "b"], {"a", "b", "c"}, k=2) == pytest.approx(1.0)


def test_graded_ndcg_weighs_by_grade():
    found = 1 + 3 / math.log2(3) + 2 / math.log2(5)  # grades 1, 3, none, 2 at ranks 1 to 4
    ideal = 3 + 2 / math.log2(3) + 1 / 2
    assert graded_ndcg_at_k(["c", "a", "x", "b"], {"a": 3, "b": 2, "c": 1}) == pytest.approx(found / ideal)
    with pytest.raises(ValueError, match="0 or more"):
        graded_ndcg_at_k(["a"], {"a": -1})


def test_mrr_is_one_over_the_first_hit():
    assert mrr_at_k(["x", "y", "a", "b"], {"a", "b"}) == pytest.approx(1 / 3)
    assert mrr_at_k(["x", "y", "a"], {"a"}, k=2) == 0.0


def test_recall_precision_and_hit_count_hits():
    assert recall_at_k(["a", "x", "b"], {"a", "b", "c"}, k=3) == pytest.approx(2 / 3)
    assert precision_at_k(["a", "x", "b", "y"], {"a", "b"}, k=4) == 0.5
    assert precision_at_k(["a"], {"a"}, k=5) == pytest.approx(1 / 5)
    assert hit_at_k(["x", "a"], {"a", "b"}, k=2) == 1.0
    assert hit_at_k(["x", "a"], {"a"}, k=1) == 0.0


@pytest.mark.parametrize("figure", FIGURES)
def test_without_relevant_documents_or_results_a_figure_is_zero(figure):
    assert figure(["a"], set()) == 0.0
    assert figure([], {"a"}) == 0.0


@pytest.mark.parametrize("figure", FIGURES)
def test_a_ranking_that_repeats_an_id_and_a_k_below_one_are_refused(figure):
    with pytest.raises(ValueError, match="twice"):
        figure(["a", "a"], {"a"})
    with pytest.raises(ValueError, match="at least 1"):
        figure(["a"], {"a"}, 0)


def test_documents_rank_by_their_best_passage():
    assert first_of_each(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_what_was_shown_without_a_right_to_it_is_named_once():
    assert access_violations([1, 7, 2, 7, 9], {1, 2}) == [7, 9]
    assert access_violations([1, 2], {1, 2}) == []


def test_an_average_leaves_out_what_could_not_be_measured():
    assert mean([]) == 0.0
    assert mean([0.0, 1.0, None, 0.5]) == 0.5


def test_binary_figures_equal_trec_eval():
    dice = random.Random(3)
    for k in (1, 5, 10):
        names = {f"ndcg_cut.{k}", f"recall.{k}", f"P.{k}", f"success.{k}", "recip_rank"}
        for _ in range(100):
            ranked = [f"d{n}" for n in dice.sample(range(60), dice.randint(1, 30))]
            relevant = {f"d{n}" for n in dice.sample(range(60), dice.randint(1, 12))}
            theirs = trec_eval(ranked, dict.fromkeys(relevant, 1), names)
            assert ndcg_at_k(ranked, relevant, k) == pytest.approx(theirs[f"ndcg_cut_{k}"], abs=1e-9)
            assert recall_at_k(ranked, relevant, k) == pytest.approx(theirs[f"recall_{k}"], abs=1e-9)
            assert precision_at_k(ranked, relevant, k) == pytest.approx(theirs[f"P_{k}"], abs=1e-9)
            assert hit_at_k(ranked, relevant, k) == pytest.approx(theirs[f"success_{k}"], abs=1e-9)
            assert mrr_at_k(ranked, relevant, len(ranked)) == pytest.approx(theirs["recip_rank"], abs=1e-9)


def test_graded_ndcg_equals_trec_eval_and_scikit_learn():
    dice = random.Random(4)
    for _ in range(200):
        ids = [f"d{n}" for n in range(dice.randint(2, 25))]
        ranked, k = dice.sample(ids, len(ids)), dice.randint(1, 12)
        grades = {each: dice.randint(0, 3) for each in ids} | {"d0": 2}
        ours = graded_ndcg_at_k(ranked, grades, k)
        assert ours == pytest.approx(trec_eval(ranked, grades, {f"ndcg_cut.{k}"})[f"ndcg_cut_{k}"], abs=1e-9)
        scores = [-rank for rank in range(len(ranked))]
        assert ours == pytest.approx(ndcg_score([[grades[each] for each in ranked]], [scores], k=k), abs=1e-9)


def trec_eval(ranked, grades, names):
    run = {each: float(len(ranked) - at) for at, each in enumerate(ranked)}
    return pytrec_eval.RelevanceEvaluator({"q": grades}, names).evaluate({"q": run})["q"]


@settings(deadline=None)
@given(ranked=IDS, relevant=st.sets(st.integers(0, 40)), k=st.integers(1, 35))
def test_figures_stay_between_0_and_1_and_ignore_the_order_of_what_is_relevant(ranked, relevant, k):
    for figure in FIGURES:
        value = figure(ranked, relevant, k)
        assert 0 <= value <= 1 + 1e-12
        assert value == figure(ranked, sorted(relevant, reverse=True), k)


@settings(deadline=None)
@given(ranked=IDS.filter(bool), k=st.integers(1, 35), hits=st.integers(1, 30))
def test_a_perfect_ranking_is_1_and_swapping_a_hit_down_never_helps(ranked, k, hits):
    relevant = set(ranked[:hits])
    assert ndcg_at_k(ranked, relevant, k) == pytest.approx(1)
    assert mrr_at_k(ranked, relevant, k) == 1
    swapped = [ranked[-1], *ranked[1:-1], *ranked[:1]] if len(ranked) > 1 else ranked
    assert ndcg_at_k(swapped, relevant, k) <= 1 + 1e-12
