"""Statements that contradict each other, and those that only look like it."""

import pytest

from app.answers.steps.disagree import Statement, contradiction

HOTEL = "How much may a hotel cost a night?"


def differ(question, one, two):
    return contradiction(question, [Statement(1, one)], [Statement(2, two)]) == (0, 0)


@pytest.mark.parametrize(
    ("question", "one", "two"),
    [
        (
            HOTEL,
            "Employees may book a hotel for up to 140 euros a night.",
            "Employees may book a hotel for up to 110 euros a night.",
        ),
        (HOTEL, "A hotel may cost 140 euros a night.", "The cost of a hotel may reach 95 euros for each night."),
        (
            "When does the office close?",
            "The office closes for the winter break on 20 December.",
            "The office closes for the winter break on 23 December.",
        ),
        (
            "May I use the pool?",
            "Guests may use the indoor pool after six.",
            "Guests may not use the indoor pool after six.",
        ),
        (
            "Who leads the laboratory?",
            "The laboratory in the north wing is led by Mara Quist since spring.",
            "The laboratory in the north wing is led by Ivo Brandt since spring.",
        ),
    ],
)  # fmt: skip
def test_contradictions_are_recognised(question, one, two):
    assert differ(question, one, two)
    assert differ(question, two, one)


@pytest.mark.parametrize(
    ("question", "one", "two"),
    [
        (
            HOTEL,
            "Employees may book a hotel for up to 140 euros a night.",
            "Employees may book a hotel for up to €140 a night.",
        ),
        (HOTEL, "A hotel may cost 140 euros a night.", "Parking may cost 20 euros a day."),
        (
            "What was the budget in 2025?",
            "The budget for 2025 was 400 euros.",
            "The budget for 2026 was 500 euros.",
        ),
        (
            "How many days of leave are there in Lincoln?",
            "In Lincoln there are 27 days of leave.",
            "In Groningen there are 26 days of leave.",
        ),
        (
            "What are the fees?",
            "A claim costs 75 dollars to file in court.",
            "A claim costs 75.00 dollars to file in court.",
        ),
        (
            "Which offices are there?",
            "Office of Harbour Street, County of Lindmoor",
            "Office of Harbour Street, County of Westmark",
        ),
    ],
)  # fmt: skip
def test_what_does_not_contradict_is_left_alone(question, one, two):
    assert not differ(question, one, two)


def test_one_document_does_not_contradict_itself():
    one, two = (Statement(1, f"A hotel may cost {cost} euros a night.") for cost in (140, 110))
    assert contradiction(HOTEL, [one], [two]) is None
