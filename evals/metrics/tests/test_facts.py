"""Facts in texts: which spellings are one, and which never are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.metrics.facts import amount, fact_recall, forbidden_facts, missing_facts, states, words

SAME = [
    ("Leave is 20 days a year.", "20 Days"),
    ("Leave is\n20\u00a0 days [1].", "20 days"),
    ("20 days [1, 2] of leave", "20 days of leave"),
    ("At most **20 days** of it", "20 days of"),
    ("_Only_ then", "only then"),
    ("It costs 1,000 euros.", "1000 euros"),
    ("It costs 1\u202f000 euros.", "1,000 euros"),
    ("It costs 1 000 euros.", "1000 euros"),
    ("It costs 1'000 or 1’000 CHF", "1000 CHF"),
    ("1,234,567 people", "1234567 people"),
    ("1.234.567 Leute", "1,234,567"),
    ("1.234,50 Euro", "1,234.50 EUR"),
    ("Es sind 1,5 Tage", "1.5"),
    ("Up to €140 a night", "140 euros"),
    ("Up to € 140 a night", "EUR 140"),
    ("Up to 140€ a night", "EUR140"),
    ("Up to EUR 140.00 a night", "140 €"),
    ("a 140-euro limit", "140 euro"),
    ("since 2024 EUR 140 a night", "140 EUR"),
    ("pays 5 EUR 10 times", "5 euros"),
    ("US$5 or $ 7", "7 dollars"),
    ("US$5 or $ 7", "5 dollars"),
    ("£1.5 million in all", "1.5 million pounds"),
    ("20 percent", "20%"),
    ("20 per cent of it", "20 %"),
    ("from 08:30 to 17:00", "8:30"),
    ("10–15 days", "10-15 days"),
    ("10 – 15 days", "10-15 days"),
    ("a part‑time job", "part time"),
    ("the employee’s manager", "employee's manager"),
    ("Distance: 20km", "20 km"),
    ("5 °C or less", "5°C"),
    ("Berlin | 140 | 120", "120"),
    ("Berlin 140 120", "140"),
    ("below −5 °C", "-5 °C"),
    ("version 2.10 is out", "Version 2.10"),
    ("on 2026-03-15.", "2026-03-15"),
    ("STRASSE", "Straße"),
]
DIFFERENT = [
    ("15 days", "5 days"),
    ("5 days", "15 days"),
    ("50 days", "5"),
    ("0.5 days", "5 days"),
    ("5.5 days", "5 days"),
    ("1,005 days", "5 days"),
    ("10-15 days", "15 days"),
    ("-5 °C", "5 °C"),
    ("5 °C", "-5 °C"),
    ("version 2.1", "2.10"),
    ("room B12", "12"),
    ("the 1st floor", "1"),
    ("2FA is needed", "2"),
    ("on 2026-03-15", "15"),
    ("17:05", "5"),
    ("140 dollars", "140 euros"),
    ("140", "140 euros"),
    ("a party", "art"),
    ("days 20", "20 days"),
    ("20 of the days", "20 days"),
    ("anything", ""),
    ("anything", "—"),
    ("", "20 days"),
]


@pytest.mark.parametrize(("text", "fact"), SAME)
def test_one_fact_in_many_spellings(text, fact):
    assert states(text, [fact])


@pytest.mark.parametrize(("text", "fact"), DIFFERENT)
def test_what_is_not_the_fact(text, fact):
    assert not states(text, [fact])


def test_any_spelling_suffices_and_recall_is_the_share_that_is_stated():
    facts = [("twenty days", "20 days"), ("the manager", "supervisor"), ("in writing",)]
    text = "Take 20 days and ask the manager."
    assert missing_facts(text, facts) == [("in writing",)]
    assert fact_recall(text, facts) == pytest.approx(2 / 3)
    assert fact_recall(text, []) is None


def test_forbidden_facts_are_those_that_stand_there():
    assert forbidden_facts("It was 25 days until 2024.", ["25 days", ("30 days",)]) == ["25 days"]


@pytest.mark.parametrize(
    ("number", "same"),
    [("1,000", "1000"), ("0,500", "0.500"), ("12,50", "12.50"), ("1.5", "1.5"), ("1.000", "1.000"),
     ("15.03.2026", "15.03.2026"), ("1,000.00", "1000"), ("10.0.0.1", "10.0.0.1"), ("09:05", "9:05"), ("1/2", "1/2")],
)  # fmt: skip
def test_amounts_have_one_spelling_and_others_stay(number, same):
    assert amount(number) == same


@settings(deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_whole_number_is_found_however_it_is_grouped_and_no_other_is(number, other):
    grouped = f"{number:,}"
    for text in (grouped, f"{number}", grouped.replace(",", "\u202f"), f"€{grouped}", grouped.replace(",", "'") + "€"):
        assert states(f"It is {text}.", [str(number)])
        assert states(f"It is {text}.", [str(other)]) == (number == other)


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_a_text_states_each_of_its_own_words_whatever_it_is(text, more):
    assert not words(text) or states(text, [text])
    assert not states(text, [""])
    assert isinstance(states(text, [more]), bool)
