"""Whether the evidence carries an answer."""

from app.answers.steps.answerability import FIRM, THRESHOLD, carries_answer, confidence
from app.answers.steps.extract import PassageText

IDF = {"parent": 4.0, "leav": 3.0, "day": 2.0}
ON_TOPIC = PassageText("Parental leave is 90 days.", 0.8, 0.7)
OTHER_TOPIC = PassageText("The canteen opens at noon on working days.", 0.2, 0.2)


def test_a_near_passage_with_the_words_carries_an_answer():
    assert carries_answer([OTHER_TOPIC, ON_TOPIC], IDF)
    assert confidence([ON_TOPIC], IDF) > FIRM


def test_another_topic_carries_none():
    assert not carries_answer([OTHER_TOPIC], IDF)


def test_nothing_found_carries_none():
    assert not carries_answer([], IDF)


def test_more_of_the_words_never_lowers_the_confidence():
    less = PassageText("Leave is generous.", 0.5, 0.5)
    more = PassageText("Leave is generous for any parent.", 0.5, 0.5)
    assert confidence([more], IDF) > confidence([less], IDF)


def test_a_heading_counts_for_its_passage():
    bare = PassageText("It is 90 days.", 0.5, 0.5)
    headed = PassageText("It is 90 days.", 0.5, 0.5, heading="Parental leave")
    assert confidence([headed], IDF) > confidence([bare], IDF)


def test_a_question_of_stop_words_alone_rests_on_meaning():
    assert 0.0 < confidence([OTHER_TOPIC], {}) < THRESHOLD
