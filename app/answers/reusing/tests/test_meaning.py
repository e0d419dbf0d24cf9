"""When two questions are taken for the same one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers.reusing.echo import echoes
from app.answers.reusing.keys import Asked
from app.answers.reusing.meaning import CALIBRATED_FOR, same_meaning, same_words
from app.answers.reusing.telling import KINDS, agree, kind_of, normalised, telling

ALIKE = np.array([1.0, 0.0], dtype=np.float32).tobytes()
# Other work on the machine is no fault of a question's.
patiently = settings(deadline=None)
NOUNS = st.sampled_from(["leave", "laptop", "hotel", "pension", "training", "pump"])
NUMBERS = st.integers(2, 5000)
NAMES = st.sampled_from(["Berlin", "Kraków", "Lund", "Fennwick", "Ada Novak", "FG-203"])


def asked(question: str, *, day: str = "2026-03-01", encoder: str = CALIBRATED_FOR) -> Asked:
    """As if the encoder took every two questions for the same."""
    return Asked(question, normalised(question), telling(question, day), ALIKE, encoder)


def same(one: str, other: str) -> bool:
    return same_meaning(asked(one), asked(other))


@patiently
@given(noun=NOUNS, one=NUMBERS, other=NUMBERS)
def test_another_number_is_another_question(noun, one, other):
    text = "May I have {} days of {}?"
    assert same(text.format(one, noun), text.format(other, noun)) == (one == other)


@patiently
@given(noun=NOUNS, one=NAMES, other=NAMES)
def test_another_name_is_another_question(noun, one, other):
    text = "Who pays for the {} in {}?"
    assert same(text.format(noun, one), text.format(noun, other)) == (one == other)


@patiently
@given(one=NAMES, other=NAMES)
def test_there_and_back_are_two_journeys(one, other):
    text = "Who pays for a trip from {} to {}?"
    assert same(text.format(one, other), text.format(other, one)) == (one == other)


@patiently
@given(noun=NOUNS)
def test_a_denial_is_another_question(noun):
    assert not same(f"When is {noun} paid?", f"When is {noun} not paid?")
    assert not same(f"Can I get {noun} with approval?", f"Can I get {noun} without approval?")


@patiently
@given(text=st.text(max_size=80))
def test_a_question_means_what_it_means(text):
    assert same_words(asked(text), asked(text))
    assert same_meaning(asked(text), asked(text))


@patiently
@given(one=st.text(max_size=60), other=st.text(max_size=60))
def test_agreement_has_no_direction(one, other):
    first, second = telling(one, ""), telling(other, "")
    assert agree(first, second, one, other) == agree(second, first, other, one)
    assert same(one, other) == same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the maximum for a hotel?", "What is the minimum for a hotel?"),
        ("Who approves leave before a holiday?", "Who approves leave after a holiday?"),
        ("What are the advantages of the plan?", "What are the disadvantages of the plan?"),
        ("When do I get a laptop?", "Where do I get a laptop?"),
        ("Can I work from home?", "Can my manager work from home?"),
        ("Is maternity leave paid?", "Is paternity leave paid?"),
        ("Do only managers sign?", "Do managers sign?"),
        ("What is due on 3 May?", "What is due on 4 May?"),
        ("What is due in 2025?", "What is due in 2026?"),
        ("Why did you join?", "Why did they join?"),
        ("Who may approve leave?", "Who must approve leave?"),
        ("Must I wear a helmet?", "May I wear a helmet?"),
        ("Is the fee paid by the company?", "Was the fee paid by the company?"),
        ("Has the policy changed?", "Will the policy change?"),
        ("Do all employees get a laptop?", "Do some employees get a laptop?"),
        ("May I take two weeks of leave?", "May I take three weeks of leave?"),
        ("Can I leave before 5 pm?", "Can I leave at 5 pm?"),
        ("Can I work until 8?", "Can I work from 8?"),
        ("Is training within the EU paid?", "Is training outside the EU paid?"),
        ("Who reports to Ines?", "Who does Ines report to?"),
        ("Does sales pay marketing?", "Does marketing pay sales?"),
        ("May I accept gifts from customers?", "May I accept gifts to customers?"),
        ("Do I get paid during leave?", "Do I get paid after leave?"),
        ("May anybody sign?", "May anybody else sign?"),
    ],
)
def test_a_look_alike_is_told_apart_however_near_it_is(one, other):
    assert not same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How much may a hotel cost a night?", "How much can a hotel cost per night?"),
        ("What is the limit for hotels in berlin?", "What's the limit for hotels in Berlin?"),
        ("How many days of leave do I get?", "How many leave days do I get?"),
        ("How do I request annual leave?", "How can I request annual leave?"),
        ("Where do I find the travel policy?", "Where can I find the travel policy?"),
    ],
)
def test_a_paraphrase_is_recognised(one, other):
    assert same(one, other)


def test_what_depends_on_the_day_is_not_the_same_tomorrow():
    text = "What is for lunch today?"
    assert same_words(asked(text), asked(text))
    assert not same_words(asked(text), asked(text, day="2026-03-02"))
    assert same_words(asked("When is lunch?"), asked("When is lunch?", day="2026-03-02"))


def test_nearness_is_needed_and_only_as_the_encoder_it_was_chosen_for_measures_it():
    far = Asked(
        "How much may it cost?",
        "",
        telling("How much may it cost?", ""),
        np.array([0, 1], np.float32).tobytes(),
        CALIBRATED_FOR,
    )
    assert not same_meaning(asked("How much can it cost?"), far)
    assert not same_meaning(
        asked("How much can it cost?", encoder="other"), asked("How much may it cost?", encoder="other")
    )


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("How much is VAT?", "how much  is vat", True),
        ("WHAT IS VAT?", "what is vat", True),
        ("What does IT do?", "What does it do?", False),
        ("Is 1.5 enough?", "Is 15 enough?", False),
        ("Is it C++?", "Is it C?", False),
    ],
)
def test_words_are_the_same_without_case_and_marks_unless_these_make_other_words(one, other, equal):
    assert (normalised(one) == normalised(other)) == equal


def test_every_kind_is_found():
    examples = {
        "number": "How many days?", "extent": "How long is it?", "time": "Which year was it?", "place": "Where is it?",
        "person": "Whose is it?", "reason": "What's the reason?", "manner": "What is the best way to book?",
        "thing": "Which one?", "yes or no": "May I?",
    }  # fmt: skip
    assert {kind for kind, _ in KINDS} == set(examples)
    assert {kind_of(question) for question in examples.values()} == set(examples)
    assert all(kind_of(question) == kind for kind, question in examples.items())


def test_an_answer_echoes_what_only_the_question_said():
    evidence = ["Employees of grade 4 may book a hotel, says Petra Novak."]
    question = "I am Maria Langley (maria.langley@example.com, number 4711). May I book a hotel, as Petra Novak says?"
    assert echoes(question, "Yes, Maria, you may [1].", evidence)
    assert echoes(question, "Number 4711 may [1].", evidence)
    assert echoes(question, "Write from maria.langley@example.com [1].", evidence)
    assert not echoes(question, "Petra Novak says that you may, at grade 4 [1].", evidence)
