"""The figures, each against a value worked out by hand."""

import math

import pytest

from evals.metrics import (
    contains_answer,
    exact_match,
    first_of_each,
    mean,
    mrr_at_k,
    ndcg_at_k,
    normalise_answer,
    precision_at_k,
    recall_at_k,
    token_f1,
)


def test_ndcg_of_a_single_relevant_document_is_its_discount():
    assert ndcg_at_k(["a", "b", "c"], {"a"}) == 1.0
    assert ndcg_at_k(["b", "a", "c"], {"a"}) == pytest.approx(1 / math.log2(3))
    assert ndcg_at_k(["b", "c", "a"], {"a"}) == pytest.approx(0.5)


def test_ndcg_divides_by_the_best_possible_order():
    found = 1 + 0.5  # ranks 1 and 3
    ideal = 1 + 1 / math.log2(3)
    assert ndcg_at_k(["a", "x", "b"], {"a", "b"}) == pytest.approx(found / ideal)


def test_ndcg_ignores_what_stands_below_k():
    assert ndcg_at_k(["x", "y", "a"], {"a"}, k=2) == 0.0


def test_ndcg_caps_the_ideal_at_k():
    assert ndcg_at_k(["a", "b"], {"a", "b", "c"}, k=2) == pytest.approx(1.0)


def test_ndcg_without_relevant_documents_is_zero():
    assert ndcg_at_k(["a"], set()) == 0.0


def test_mrr_is_one_over_the_first_hit():
    assert mrr_at_k(["x", "y", "a", "b"], {"a", "b"}) == pytest.approx(1 / 3)
    assert mrr_at_k(["x", "y", "a"], {"a"}, k=2) == 0.0


def test_recall_and_precision_count_hits():
    assert recall_at_k(["a", "x", "b"], {"a", "b", "c"}, k=3) == pytest.approx(2 / 3)
    assert recall_at_k(["a"], set()) == 0.0
    assert precision_at_k(["a", "x", "b", "y"], {"a", "b"}, k=4) == 0.5
    assert precision_at_k(["a"], {"a"}, k=5) == 1.0
    assert precision_at_k([], {"a"}) == 0.0


def test_documents_rank_by_their_best_passage():
    assert first_of_each(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_mean_of_nothing_is_zero():
    assert mean([]) == 0.0
    assert mean([0.0, 1.0, 0.5]) == 0.5


def test_normalisation_drops_case_articles_punctuation_and_spacing():
    assert normalise_answer("The  Norman's, an (old) A-team!") == "normans old ateam"


def test_an_answer_must_occur_as_whole_words():
    assert contains_answer("It was signed in 1998, in Paris.", ["the year 1998", "Paris"])
    assert not contains_answer("A party of 19985 people", ["1998", "art"])
    assert not contains_answer("anything", [])
    assert not contains_answer("anything", ["the"])


def test_exact_match_compares_normalised_forms():
    assert exact_match("The Rhine.", ["rhine", "Danube"])
    assert not exact_match("Rhine river", ["rhine"])


def test_token_f1_counts_shared_words_with_repeats():
    # 2 shared words, 3 predicted, 4 in the reference: 2·2 / (3 + 4).
    assert token_f1("blue blue sky", "blue sky over water") == pytest.approx(4 / 7)
    assert token_f1("one", "two") == 0.0
    assert token_f1("", "") == 1.0
    assert token_f1("the", "word") == 0.0
