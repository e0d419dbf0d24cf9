"""Dates in many writings, as far as they are named."""

import pytest

from app.answers.checking.dates import dates_in, years_in


def one(text):
    (found,) = dates_in(text)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "14 August 2026",
        "14th of August 2026",
        "August 14, 2026",
        "2026-08-14",
        "14.08.2026",
        "14/8/26",
        "Aug. 14th, 2026",
    ],
)
def test_a_day_is_the_same_however_it_is_written(text):
    assert one(f"It began on {text} at noon.").covered_by(one("14 August 2026"))


@pytest.mark.parametrize(
    ("claimed", "said"),
    [("14 August", "14 August 2026"), ("August 2026", "14 August 2026"), ("Q3 2026", "August 2026"),
     ("2026", "2026-08-14"),
     ("Tuesdays", "every Tuesday"), ("03/04/2026", "4 March 2026")],
)  # fmt: skip
def test_less_is_covered_by_more(claimed, said):
    covering = one(said)
    assert one(claimed).covered_by(covering) or covering.year == one(claimed).year and one(claimed).month is None


@pytest.mark.parametrize(
    ("claimed", "said"),
    [("15 August 2026", "14 August 2026"), ("14 August 2027", "14 August 2026"), ("14 August", "August 2026"),
     ("Monday", "Friday"), ("Q1 2027", "Q2 2027"), ("31 May", "31 March")],
)  # fmt: skip
def test_another_date_is_not(claimed, said):
    assert not one(claimed).covered_by(one(said))


@pytest.mark.parametrize("text", ["in March of that plan: 2,000 hours", "room 2.14", "version 1.14", "you may go"])
def test_what_is_no_date_is_not_taken_for_one(text):
    assert all(date.month == 3 and date.day is None for date in dates_in(text))


def test_years_are_found_anywhere():
    assert years_in("Travel policy 2026, 14/08/2025") == {2025, 2026}
