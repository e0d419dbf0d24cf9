"""The wording that a question and a passage share."""

from hypothesis import given
from hypothesis import strategies as st

from retrieval.overlap import overlap, runs


def test_runs_cross_word_borders_and_ignore_case_and_punctuation():
    assert runs("Set-up!") == {" set", "set ", "et u", "t up", " up "}


def test_a_passage_with_all_of_the_rarer_wording_comes_first():
    shares = overlap("reimburse hotel", {1: "The hotel is reimbursed.", 2: "The hotel has a pool.", 3: "Nothing."})
    assert shares[1] > shares[2] > shares[3] == 0.0
    assert shares[1] <= 1.0


def test_a_mistyped_name_still_overlaps():
    shares = overlap(
        "Who maintains the FenLink gateway?", {1: "FennLink is maintained by Ada.", 2: "The pool is open."}
    )
    assert shares[1] > shares[2]


def test_a_question_without_words_shares_nothing():
    assert overlap("?!", {1: "text"}) == {1: 0.0}
    assert overlap("text", {}) == {}


@given(st.text(max_size=60), st.dictionaries(st.integers(), st.text(max_size=80), max_size=6))
def test_every_share_is_between_nothing_and_everything(question, passages):
    shares = overlap(question, passages)
    assert shares.keys() == passages.keys()
    assert all(0.0 <= share <= 1.0 + 1e-9 for share in shares.values())
