"""The first look at a text leaves out no recogniser of numbers that would have found something."""

import pytest
import regex

from app.safety.personal_data.first_look import FirstLook, relaxed

SAMPLES = [
    "His number is 856-45-6789.", "NHS 943 476 5919", "AB123456C", "PESEL 44051401359", "00-1B-44-11-3A-B7",
    "203.0.113.9 and ::1", "SIN 130-692-544", "DE89 3704 0044 0532 0130 00", "BNZAA2318J", "12345678Z", "Nothing here.",
    "no.\u00a0943\u00a0476\u00a05919", "\u0661\u0662\u0663-45-6789",
]  # fmt: skip


@pytest.mark.parametrize("text", SAMPLES)
def test_what_a_pattern_finds_the_first_look_does_not_leave_out(text: str) -> None:
    from app.safety.personal_data.recognisers import predefined_recognisers, regexes_of

    every = predefined_recognisers()
    look = FirstLook({each.supported_entities[0]: regexes_of(each) for each in every})
    found = {
        each.supported_entities[0] for each in every for one in regexes_of(each)
        if regex.search(one, text, each.global_regex_flags)
    }  # fmt: skip
    assert found <= look.worth(text)


def test_a_pattern_without_its_look_around_and_back_references() -> None:
    assert relaxed(r"(?<!\w)(\d)-\1(?![.]\d)") == r"(\d)-.?"
