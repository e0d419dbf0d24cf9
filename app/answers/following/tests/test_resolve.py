"""Follow-ups made standalone by rules, and questions that the rules must leave alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers.following.leaning import leans
from app.answers.following.resolve import standalone
from app.answers.following.topics import names_in, person_in, topic_of
from app.answers.following.turns import Turn

LEAVE = Turn("How many days of parental leave do employees get?", "Ninety days.")
REMOTE = Turn("Can I work from abroad?", "Yes, for up to thirty days.")
ADA = Turn("Who runs the pump line?", "Ada Novak has run the pump line since 2019. Novak came from Lund.")
PAIR = Turn("What is the difference between the basic plan and the family plan?", "The price.")
TRIPS = Turn("What is the hotel limit for Berlin?", "140 euros.")
ANNUAL = Turn("How many days of annual leave do I get?", "27 days.")
WARRANTY = Turn("What is the warranty period for the AX-12 pump?", "Two years.")
LAPTOP = Turn("How do I request a new laptop?", "In the shop.")
HEAD = Turn("Who is the head of finance?", "")
CLUB = Turn("What is the Fennwick garden club?", "A club.")


@pytest.mark.parametrize(
    ("turn", "question", "expected"),
    [
        (REMOTE, "How long?", "How long can I work from abroad?"),
        (REMOTE, "Why?", "Why can I work from abroad?"),
        (LEAVE, "What are the exceptions?", "What are the exceptions of parental leave?"),
        (LEAVE, "Who approves it?", "Who approves parental leave?"),
        (LEAVE, "Who wrote about that policy?", "Who wrote about the parental leave policy?"),
        (LEAVE, "Is that paid?", "Is parental leave paid?"),
        (LEAVE, "Does this rule apply to interns?", "Does the parental leave rule apply to interns?"),
        (ADA, "Where did she study?", "Where did Ada Novak study?"),
        (ADA, "What is her phone number?", "What is Ada Novak's phone number?"),
        (PAIR, "What does the latter cost?", "What does family plan cost?"),
        (PAIR, "How do I join the former?", "How do I join basic plan?"),
        (TRIPS, "and for Paris?", "What is the hotel limit for Paris?"),
        (TRIPS, "What about Paris?", "What is the hotel limit for Paris?"),
        (TRIPS, "Which restaurants are good there?", "Which restaurants are good in Berlin?"),
        (CLUB, "When does the club meet?", "When does the Fennwick garden club meet?"),
        (CLUB, "That is nice. When does it meet?", "That is nice. When does Fennwick garden club meet?"),
        (ANNUAL, "And sick leave?", "How many days of sick leave do I get?"),
        (ANNUAL, "What about unpaid leave?", "How many days of unpaid leave do I get?"),
        (ANNUAL, "And if I leave the company?", "How many days of annual leave do I get if I leave the company?"),
        (ANNUAL, "Does that include public holidays?", "Does annual leave include public holidays?"),
        (WARRANTY, "And the AX-15?", "What is the warranty period for the AX-15 pump?"),
        (WARRANTY, "What about spare parts?", "What is the warranty period for spare parts?"),
        (LAPTOP, "How long does it take?", "How long does new laptop take?"),
        (LAPTOP, "Can I keep the old one?", "Can I keep the old laptop?"),
        (LAPTOP, "And a phone?", "How do I request a phone?"),
        (LAPTOP, "Do I need a PO number for that?", "Do I need a PO number for new laptop?"),
        (HEAD, "What's her email?", "What's the head of finance's email?"),
        (HEAD, "And of marketing?", "Who is the head of marketing?"),
        (Turn("Did Ada have any brothers?", "Two."), "Any sisters?", "Did Ada have any sisters?"),
    ],
)
def test_common_forms_are_resolved(turn, question, expected):
    assert standalone(question, [turn]) == expected
    assert leans(question) or "the club" in question


@pytest.mark.parametrize(
    "question",
    [
        "How do I order a new laptop?",
        "Is it possible to carry over holidays?",
        "There are two printers on floor 3; which one prints in colour?",
        "Who approves travel to the United States?",
        "I lost my badge and it is past six. Whom do I call?",
        "Is there a canteen in the Lund office?",
        "My manager left. Who signs her expenses?",
        "What is the deadline for tax forms?",
        "laptop order form",
        "Really?",
        "Who is the data protection officer?",
        "Where is the laptop that new employees get?",
        "Wie viele Urlaubstage habe ich?",
        "When is the next town hall meeting of Fennwick?",
    ],
)
@pytest.mark.parametrize("turn", [LEAVE, ADA, TRIPS])
def test_a_change_of_topic_takes_nothing_along(turn, question):
    assert standalone(question, [turn]) == question


def test_nothing_of_an_older_topic_comes_back_after_a_new_one():
    history = [LEAVE, Turn("How do I order a new laptop?", "In the shop.")]
    assert "leave" not in standalone("How long does it take?", history)


def test_a_person_is_not_taken_from_a_place_or_a_thing():
    assert person_in([Turn("Where is the fair?", "It is in New York.")]) == ""
    assert standalone("Where was she born?", [LEAVE]) == "Where was she born?"


def test_a_name_that_the_question_says_itself_is_somebody_else():
    assert "Novak" not in standalone("When did she meet", [ADA]).replace("Ada Novak", "")
    assert standalone("When did he work with Novak?", [ADA]) == "When did he work with Novak?"


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Is throat cancer treatable?", "throat cancer"),
        ("What happened in the Milgram experiment?", "Milgram experiment"),
        ("What are the benefits of yoga?", "yoga"),
        ("Which expenses need a receipt?", "expenses"),
        ("What else?", ""),
        ("How does it work?", ""),
    ],
)
def test_what_a_question_is_about(question, topic):
    assert topic_of(question) == topic


def test_names_are_told_from_the_beginnings_of_sentences():
    assert names_in("Where did Ada Novak live? Employees of Fennwick know.") == ["Ada Novak", "Fennwick"]
    assert names_in("Trains are booked on Monday.") == []


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=60)), max_size=4), st.text(max_size=80))
def test_whatever_is_said_the_rules_answer(history, question):
    told = [Turn(*turn) for turn in history]
    assert standalone(question, told).strip() or not question.strip()
    assert leans(question) in (True, False)
