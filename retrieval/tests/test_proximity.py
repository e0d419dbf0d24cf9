"""Words that stand together in the question and in a chunk."""

import pytest

from retrieval.proximity import closeness, neighbouring_pairs, smallest_distance

IDF = {"travel": 3.0, "budget": 5.0, "limit": 1.0}


def test_pairs_follow_the_question_and_know_their_gap():
    pairs = neighbouring_pairs({"budget": [3], "travel": [2], "limit": [6]}, IDF)
    assert [(pair.first, pair.second, pair.gap, pair.weight) for pair in pairs] == [
        ("travel", "budget", 1, 8.0),
        ("budget", "limit", 3, 6.0),
    ]


def test_a_repeated_word_is_no_pair_with_itself():
    assert neighbouring_pairs({"travel": [1, 2]}, IDF) == []


def test_a_chunk_with_the_phrase_is_fully_close_in_either_order():
    pairs = neighbouring_pairs({"travel": [1], "budget": [2]}, IDF)
    assert closeness(pairs, {"travel": [10], "budget": [11]}) == 1.0
    assert closeness(pairs, {"travel": [11], "budget": [10]}) == 1.0


def test_closeness_falls_with_distance_and_is_nothing_for_a_missing_word():
    pairs = neighbouring_pairs({"travel": [1], "budget": [2]}, IDF)
    assert closeness(pairs, {"travel": [10], "budget": [13]}) == pytest.approx(0.5)
    assert closeness(pairs, {"travel": [10]}) == 0.0


def test_pairs_count_by_their_weight():
    pairs = neighbouring_pairs({"travel": [1], "budget": [2], "limit": [3]}, IDF)
    assert closeness(pairs, {"travel": [4], "budget": [5]}) == pytest.approx(8 / 14)


def test_a_question_of_one_word_has_no_closeness():
    assert closeness([], {"travel": [1]}) == 0.0


def test_the_smallest_distance_is_over_all_occurrences():
    assert smallest_distance([1, 50], [20, 47]) == 3
