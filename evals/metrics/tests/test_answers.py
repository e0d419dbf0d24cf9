"""What an answer says, how it ended and what it cites: worked out by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score

from evals.metrics.answers import (
    Cited,
    EndedAs,
    best_token_f1,
    citation_precision,
    citation_recall,
    contains_answer,
    exact_match,
    is_same_place,
    normalise_answer,
    outcome_accuracy,
    outcome_confusion,
    sentence_support,
    token_f1,
)
from evals.metrics.confusion import Confusion

GOLD = Cited("travel.md", "Hotels may cost up to 140 euros a night. In Paris and London it is 180 euros.")


def test_outcomes_count_as_right_when_expected_or_accepted():
    answers = [
        EndedAs("answered", "answered"),
        EndedAs("answered", "caveat", frozenset({"caveat"})),
        EndedAs("answered", "not_found"),
        EndedAs("not_found", "answered"),
    ]
    assert outcome_accuracy(answers) == 0.5
    assert outcome_accuracy([]) is None
    matrix = outcome_confusion(answers, ("answered", "not_found"))
    assert matrix.rows() == [
        "| expected \\ got | answered | not_found |",
        "|---|---|---|",
        "| answered | 2 | 1 |",
        "| not_found | 1 | 0 |",
    ]
    assert matrix.accuracy().value == outcome_accuracy(answers)
    assert matrix.accuracy().n == len(answers)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=40))
def test_a_confusion_equals_scikit_learn(pairs):
    ours, (expected, got) = Confusion.of(pairs, "abc"), zip(*pairs, strict=True)
    theirs = confusion_matrix(expected, got, labels=list("abc"))
    assert [[ours.count(row, column) for column in "abc"] for row in "abc"] == theirs.tolist()
    assert ours.accuracy().value == pytest.approx(accuracy_score(expected, got), abs=1e-9)
    kwargs = {"labels": ["a"], "average": "micro", "zero_division": 0}
    precision, recall = ours.precision("a"), ours.recall("a")
    assert (precision.value if precision else 0) == pytest.approx(precision_score(expected, got, **kwargs), abs=1e-9)
    assert (recall.value if recall else 0) == pytest.approx(recall_score(expected, got, **kwargs), abs=1e-9)


def test_an_empty_confusion_has_no_shares():
    empty = Confusion.of([], ["x"])
    assert (empty.total, empty.accuracy(), empty.precision("x"), empty.recall("x")) == (0, None, None, None)


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
    assert best_token_f1("blue sky", ["sea", "the blue sky", "sky"]) == 1.0
    assert best_token_f1("blue sky", []) is None


@settings(deadline=None)
@given(st.text("ab c.", max_size=20), st.text("ab c.", max_size=20))
def test_token_f1_is_the_harmonic_mean_whichever_way_round(one, other):
    value = token_f1(one, other)
    assert 0 <= value <= 1
    assert value == token_f1(other, one)
    left, right = normalise_answer(one).split(), normalise_answer(other).split()
    shared = sum(min(left.count(word), right.count(word)) for word in set(left))
    if shared:
        precision, recall = shared / len(left), shared / len(right)
        assert value == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-12)


@pytest.mark.parametrize(
    ("document", "text", "same"),
    [
        ("travel.md", "In Paris and London it is 180 euros.", True),
        ("travel.md", "Scope. Hotels may cost up to 140 euros a night. In Paris and London it is 180 €. More.", True),
        ("travel.md", "a night. In Paris and London it is 180 euros. Breakfast is not part of it.", True),
        ("travel.md", "it is 180 euros. Breakfast is paid by the traveller and is not part of the limit.", False),
        ("travel.md", "Trains are booked in second class.", False),
        ("travel.md", "", False),
        ("other.md", GOLD.text, False),
    ],
)
def test_a_citation_is_at_the_gold_place_when_they_share_half_of_the_shorter_in_a_row(document, text, same):
    assert is_same_place(Cited(document, text), GOLD) is same
    assert is_same_place(GOLD, Cited(document, text)) is same


def test_citation_precision_and_recall_count_places():
    other = Cited("leave.md", "Leave is twenty days a year.")
    wrong = Cited("leave.md", "Ask your manager in time.")
    sentence = Cited("travel.md", "Hotels may cost up to 140 euros a night.")
    assert citation_precision([sentence, wrong], [GOLD, other]) == 0.5
    assert citation_recall([sentence, wrong], [GOLD, other]) == 0.5
    assert citation_recall([sentence, GOLD], [GOLD]) == 1.0
    assert citation_precision([], [GOLD]) is None
    assert citation_recall([], [GOLD]) == 0.0
    assert citation_recall([wrong], []) is None


def test_support_counts_sentences_that_claim_something():
    assert sentence_support(["supported", "weak", "no_claim", "uncited", "supported"]) == 0.5
    assert sentence_support(["no_claim"]) is None
