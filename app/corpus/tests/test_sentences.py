"""Sentences keep their exact place in the passage."""

from hypothesis import given
from hypothesis import strategies as st

from app.corpus.sentences import is_heading, split


def texts(passage):
    return [sentence.text for sentence in split(passage)]


def test_sentences_end_at_full_stops_and_question_marks():
    assert texts("Is it paid? Yes. Ask HR!") == ["Is it paid?", "Yes.", "Ask HR!"]


def test_abbreviations_initials_and_decimals_do_not_end_a_sentence():
    passage = "Dr. Lee and J. R. Hall paid 3.5 percent, e.g. Tables, in No. 7. Then they left."
    assert texts(passage) == [
        "Dr. Lee and J. R. Hall paid 3.5 percent, e.g. Tables, in No. 7.",
        "Then they left.",
    ]


def test_a_company_suffix_may_end_a_sentence():
    assert texts("It was sold to Acme Inc. The price is secret.") == [
        "It was sold to Acme Inc.",
        "The price is secret.",
    ]


def test_closing_quotes_belong_to_their_sentence():
    assert texts('He said "No." Then he left.') == ['He said "No."', "Then he left."]


def test_list_items_are_sentences_without_their_bullet():
    assert texts("You need:\n- a badge\n- two keys\n1. Sign here") == [
        "You need:",
        "a badge",
        "two keys",
        "Sign here",
    ]


def test_hard_wrapped_lines_are_one_sentence():
    assert texts("You get ten\ndays a year.\nAsk early.") == ["You get ten\ndays a year.", "Ask early."]


def test_a_row_of_a_table_is_shown_with_its_header():
    rows = split("Fees\nItem | Price\nVisa | 80 EUR\nCard | 20 EUR\n\nMore.")
    assert [row.text for row in rows] == ["Fees", "Visa | 80 EUR", "Card | 20 EUR", "More."]
    assert rows[1].shown == "Item | Price\nVisa | 80 EUR"
    assert rows[0].shown == "Fees"


def test_an_empty_passage_has_no_sentences():
    assert split(" \n\n ") == []


@given(st.text(alphabet='aB .!?\n|-1"(é', max_size=120))
def test_every_sentence_is_the_passage_at_its_offsets(passage):
    previous = 0
    for sentence in split(passage):
        assert passage[sentence.start : sentence.end] == sentence.text
        assert sentence.text.strip() == sentence.text != ""
        assert sentence.start >= previous
        previous = sentence.end


def test_a_heading_is_told_from_a_statement():
    passage = "4. Hotels\n\nBook early.\n\n- ten days\n- twelve days\n\nA last line"
    found = [sentence.text for sentence in split(passage) if is_heading(passage, sentence)]
    assert found == ["Hotels"]


def test_points_of_a_slide_are_statements_below_their_heading():
    passage = "What comes next\n\nA new pump on 8 February\n\nA second cell in Lincoln\n\nNotes: ask early."
    found = [sentence.text for sentence in split(passage) if is_heading(passage, sentence)]
    assert found == ["What comes next"]


def test_a_heading_below_a_title_is_one_too():
    passage = "Guide\n\nHotels\n\nBook early."
    assert [each.text for each in split(passage) if is_heading(passage, each)] == ["Guide", "Hotels"]
