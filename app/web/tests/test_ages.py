"""Ages and lengths in the words that a page shows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from app.web.templatetags.attest import age, span, without_blank_lines


@pytest.mark.parametrize(
    ("days", "words"),
    [(0.0001, "just now"), (0.02, "28 min ago"), (0.5, "12 h ago"), (1.5, "36 h ago"), (37, "37 days ago"),
     (430, "14 months ago"), (800, "2 years ago")],
)  # fmt: skip
def test_an_age_names_the_largest_unit_that_says_something(days: float, words: str) -> None:
    assert age(timezone.now() - timedelta(days=days)) == words


def test_what_never_happened_is_said_to_be_so() -> None:
    assert age(None) == "never"


@pytest.mark.parametrize(
    ("length", "words"),
    [(timedelta(days=730), "2 years"), (timedelta(days=1), "1 day"), (timedelta(days=180), "180 days"),
     (timedelta(minutes=30), "30 min"), (timedelta(hours=1), "1 h")],
)  # fmt: skip
def test_a_length_is_given_in_the_unit_it_was_thought_of(length: timedelta, words: str) -> None:
    assert span(length) == words


def test_an_excerpt_spends_no_line_on_nothing() -> None:
    assert without_blank_lines("Hotels\n\n \nAt most") == "Hotels\nAt most"
