"""Of documents that say the same one is shown; those that differ where it matters are all kept."""

from dataclasses import dataclass

import pytest

from retrieval.near_duplicates import collapse_near_duplicates


@dataclass(frozen=True)
class Said:
    document_id: int
    text: str
    start: int = 0
    is_stale: bool = False

    @property
    def end(self) -> int:
        return self.start + len(self.text)


RULE = (
    "Employees of every department may book a hotel for up to 140 euros a night through the travel desk, if the desk "
    "was asked two weeks before the journey and the head of the department has agreed to it in writing, and in weeks "
    "of trade fairs the desk publishes the rooms and prices that it was given by the hotels of Lisbon."
)
OTHER = "The canteen serves soup on Mondays."


def test_of_copies_the_first_is_kept() -> None:
    blanks = RULE.replace("travel desk", "travel  desk")
    passages = [Said(1, RULE), Said(2, OTHER), Said(3, blanks), Said(4, RULE + " end"), Said(5, RULE.upper())]
    assert collapse_near_duplicates(passages[:4]) == passages[:2]


@pytest.mark.parametrize(
    ("word", "other"),
    [("140", "150"), ("Lisbon", "Porto"), ("may book", "may not book"), ("was asked", "was never asked")],
)
def test_another_number_name_or_negation_is_another_statement(word: str, other: str) -> None:
    both = [Said(1, RULE), Said(2, RULE.replace(word, other))]
    assert collapse_near_duplicates(both) == both
    assert collapse_near_duplicates(both[::-1]) == both[::-1]


def test_copies_that_are_cut_elsewhere_are_compared_with_all_that_was_found_of_the_first() -> None:
    sentences = [f"Rule {number} says that form {number * 3} goes to the desk." for number in range(12)]
    first = [Said(1, " ".join(sentences[at : at + 4]), at * 100) for at in (0, 4, 8)]
    first = [Said(1, one.text, sum(len(before.text) + 1 for before in first[:at])) for at, one in enumerate(first)]
    second = [Said(2, " ".join(sentences[at : at + 4])) for at in (2, 6)]
    assert collapse_near_duplicates([first[0], *second, first[1], first[2]]) == first


def test_what_stands_for_a_copy_takes_its_place() -> None:
    early, copy, later = Said(1, RULE, 0), Said(2, OTHER), Said(1, OTHER, 900)
    assert collapse_near_duplicates([early, copy, Said(3, "Something else again."), later]) == [
        early, later, Said(3, "Something else again."),
    ]  # fmt: skip


def test_a_current_copy_stands_in_for_a_stale_one() -> None:
    stale, current = Said(1, RULE, is_stale=True), Said(2, RULE)
    assert collapse_near_duplicates([stale, Said(3, OTHER), current]) == [current, Said(3, OTHER)]
    assert collapse_near_duplicates([current, stale]) == [current]


def test_short_and_empty_passages_are_compared_as_a_whole() -> None:
    passages = [Said(1, "yes"), Said(2, "maybe"), Said(3, ""), Said(4, "yes")]
    assert collapse_near_duplicates(passages) == passages[:3]
    assert collapse_near_duplicates([]) == []
