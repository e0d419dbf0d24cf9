"""Follow-ups understood in their conversation."""

import pytest

from app.answers.steps.follow_up import Turn, standalone

LEAVE = Turn("How many days of parental leave do employees get?", "Ninety days.")
CANCER = Turn("What is throat cancer?", "A tumour of the throat.")


@pytest.mark.parametrize(
    ("turn", "question", "expected"),
    [
        (LEAVE, "and for contractors?", "How many days of parental leave do employees get for contractors?"),
        (
            LEAVE,
            "What about contractors?",
            "How many days of parental leave do employees get for contractors?",
        ),
        (CANCER, "Is it treatable?", "Is throat cancer treatable?"),
        (CANCER, "What are its symptoms?", "What are throat cancer's symptoms?"),
        (CANCER, "How long does that last?", "How long does throat cancer last?"),
        (CANCER, "How dangerous is that?", "How dangerous is throat cancer?"),
        (CANCER, "Why?", "Why throat cancer?"),
        (Turn("Who is Ada Lovelace?", ""), "Where was she born?", "Where was Ada Lovelace born?"),
    ],
)
def test_what_is_left_out_is_filled_in(turn, question, expected):
    assert standalone(question, [turn]) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How do I order a new laptop?",
        "Is herpes a lethal disease and how is it transmitted?",
        "What about the meal allowance for trips abroad?",
        "Which expenses need a receipt?",
    ],
)
def test_a_question_with_its_own_subject_is_unchanged(question):
    assert standalone(question, [LEAVE]) == question


def test_without_history_nothing_is_changed():
    assert standalone("Is it treatable?", []) == "Is it treatable?"
    assert standalone("and for contractors?", []) == "and for contractors?"


def test_a_follow_up_of_a_follow_up_still_knows_its_subject():
    history = [CANCER, Turn("Is it treatable?", "Often.")]
    assert standalone("What are its symptoms?", history) == "What are throat cancer's symptoms?"


def test_the_newest_subject_counts():
    history = [CANCER, Turn("Tell me about lung cancer.", "It is common.")]
    assert standalone("What are its symptoms?", history) == "What are lung cancer's symptoms?"


def test_a_person_is_never_taken_for_a_thing():
    assert standalone("Where was she born?", [CANCER]) == "Where was she born?"
