"""Amounts in many writings."""

import pytest

from app.answers.checking.quantities import quantities_in, value_of_words


def one(text):
    (found,) = quantities_in(text)
    return found


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("£7.8 million", "GBP 7,800,000"), ("£7.8m", "7.8m pounds"), ("two weeks", "14 days"),
        ("one hundred and forty euros", "€140"), ("12 %", "12 percent"), ("24 months", "two years"),
        ("9 a.m.", "09:00"), ("5:30 pm", "17:30"), ("half an hour", "30 minutes"), ("45p", "£0.45"),
        ("1.5 kg", "1500 grams"), ("31,840", "31 840"), ("twenty-five", "25"), ("a dozen eggs", "12 eggs"),
        ("480k euros", "EUR 480,000"), ("three", "3"), ("−10 °C", "-10 degrees"),
        ("half past six", "6:30"), ("half past six", "18:30"),
        ("noon", "12:00"),
        ("nine o'clock", "9 a.m."), ("a quarter of an hour", "15 minutes"), ("two and a half hours", "2.5 hours"),
        ("24 hours", "one day"), ("three weeks", "15 working days"),
        ("42 cents", "€0.42"),
        ("half a year", "six months"),
    ],
)  # fmt: skip
def test_the_same_amount_is_the_same_however_it_is_written(text, other):
    assert one(text).same_as(one(other))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("£220", "$220"), ("four weeks", "four months"), ("15 working days", "15 days"), ("60 pounds", "60 euros"),
        ("20 %", "20 kg"), ("09:00", "21:00"), ("14", "41"), ("£2,500", "£25,000"), ("4.8 mm", "4.8 cm"),
        ("half past six", "7:30"), ("15 days", "15 working days"), ("42 cents", "€42"),
    ],
)  # fmt: skip
def test_another_amount_or_unit_is_another_quantity(text, other):
    assert not one(text).same_as(one(other))


def test_the_unit_of_a_range_belongs_to_both_ends():
    assert [(each.value, each.dimension) for each in quantities_in("between 10 and 12 days")] == [
        (10, "days"), (12, "days"),
    ]  # fmt: skip


def test_two_numbers_with_and_between_them_are_two():
    assert [(each.value, each.dimension) for each in quantities_in("between five and seven days")] == [
        (5, "days"), (7, "days"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["Error FG-203", "part SP-1021", "release v7.3.2", "No one knows.", "one of them", "H20-E"]
)
def test_codes_and_pronouns_are_no_quantities(text):
    assert quantities_in(text) == []


def test_words_make_numbers():
    assert value_of_words("two thousand three hundred and forty") == 2340
