"""Days and codes that an answer must be about."""

import pytest

from app.answers.steps.particulars import all_mentioned, codes_in, days_in, particulars, what_is_asked

OUTAGE = "What caused the FennLink outage of 14 August?"


@pytest.mark.parametrize(
    "text",
    [
        "14 August",
        "14th of August 2026",
        "August 14",
        "Aug. 14th",
        "2026-08-14",
        "14.08.2026",
        "14/8/26",
        "AUGUST 14, 2026",
    ],
)
def test_a_day_is_the_same_however_it_is_written(text):
    assert days_in(f"It began on {text} and ended at noon.") == {(8, 14)}


@pytest.mark.parametrize("text", ["in August", "version 1.14", "may 5.5 litres", "room 14", "on 45 August"])
def test_what_is_no_day_is_not_taken_for_one(text):
    assert days_in(text) == frozenset()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("What does error E47 mean?", {"e47"}),
        ("Is FP-2210/B still sold?", {"fp2210b"}),
        ("Who approves INV_3391?", {"inv3391"}),
        ("How do I switch on 2FA in Q3?", set()),
        ("Is it 25th or 30kg or the 1990s?", set()),
        ("What is the fee of 1500?", set()),
    ],
)
def test_codes_are_words_of_letters_and_digits(text, codes):
    assert codes_in(text) == codes


def test_a_day_that_no_passage_mentions_is_missing():
    assert not all_mentioned(particulars(OUTAGE), ["FennLink 4.2 was released on 14 March.", "August was quiet."])
    assert all_mentioned(particulars(OUTAGE), ["Nothing here.", "On Aug 14 the FennLink gateway lost its certificate."])


def test_a_code_is_mentioned_however_its_parts_are_joined():
    assert all_mentioned(particulars("What is FP-2210?"), ["The FP 2210 is a pump."])
    assert not all_mentioned(particulars("What does error E47 mean?"), ["Error E45: the lid is open."])


def test_the_askers_own_dates_need_no_mention():
    assert all_mentioned(particulars("I leave on 14 August; how do I hand in my laptop?"), ["Laptops go to IT."])


def test_a_question_without_particulars_asks_for_none():
    assert all_mentioned(particulars("How many days of leave are there?"), [])


@pytest.mark.parametrize(
    ("text", "is_mentioned"),
    [
        ("2026-12-07 | 2026-12-13 | Amira Holt", True),
        ("from 7 December to 13 December", True),
        ("from 20 November 2026 to 6 January 2027", True),
        ("2026-12-14 | 2026-12-20", False),
        ("Told on 1 December. Ends on 20 December.", False),
    ],
)
def test_a_day_is_mentioned_by_a_period_that_it_lies_in(text, is_mentioned):
    assert all_mentioned(particulars("Who is on call on 10 December?"), [text]) is is_mentioned


def test_a_day_told_before_the_question_needs_no_mention():
    question = "The pump was calibrated on 20 August 2026. When is that due again?"
    assert what_is_asked(question) == "When is that due again?"
    assert all_mentioned(particulars(question), ["Calibrate every three months."])
