"""What a question asks for."""

import pytest

from retrieval.question_words import kind_asked_for, lexemes_in, share


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many days?", "ten days"),
        ("What percentage is paid?", "It is 80 of 100"),
        ("When does it start?", "in March"),
        ("Which year was it?", "in 1998"),
        ("Who signs?", "it is signed by Jane Doe"),
        ("Why is it closed?", "because of repairs"),
    ],
)
def test_the_kind_of_answer_is_known_by_the_question(question, answer):
    kind = kind_asked_for(question)
    assert kind is not None
    assert kind.search(answer)
    assert not kind.search("nothing of the sort here")


def test_other_questions_ask_for_no_kind():
    assert kind_asked_for("What is a badge?") is None


def test_stems_match_the_forms_of_their_word():
    idf = {"polici": 1.0, "book": 1.0, "travel": 1.0, "us": 1.0}
    assert lexemes_in("Policies for bookings; a traveller", idf) == {"polici", "book", "travel"}
    assert lexemes_in("the policy", idf) == {"polici"}
    assert lexemes_in("usually", {"us": 1.0}) == set()


def test_the_share_is_by_weight():
    assert share(frozenset({"a"}), {"a": 3.0, "b": 1.0}) == 0.75
    assert share(frozenset(), {}) == 0.0
