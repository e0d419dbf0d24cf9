"""One sentence that says it all."""

import pytest

from retrieval.statements import WITHOUT_KIND, statements

IDF = {"hotel": 2.0, "night": 1.0, "cost": 1.0}


def test_words_in_one_sentence_count_more_than_words_apart():
    said = statements("hotel night cost", {1: "A hotel night has a cost.", 2: "A hotel. A night. A cost."}, IDF)
    assert said == {1: 1.0, 2: 0.5}


def test_a_sentence_without_the_number_asked_for_counts_less():
    said = statements(
        "How much may a hotel night cost?", {1: "A hotel night has a cost.", 2: "Hotel night cost: 9."}, IDF
    )
    assert said[1] == pytest.approx(WITHOUT_KIND)
    assert said[2] == 1.0


def test_an_empty_text_says_nothing():
    assert statements("hotel", {1: ""}, IDF) == {1: 0.0}
