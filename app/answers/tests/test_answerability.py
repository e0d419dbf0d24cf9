"""Whether the evidence carries an answer."""

from app.answers.steps.answerability import FIRM, SENTENCE_CARRIES, THRESHOLD, carries_answer, confidence, lifted
from app.answers.steps.extract import PassageText

ON_TOPIC = PassageText("Parental leave is 90 days.", 0.8, 0.7)
OTHER_TOPIC = PassageText("The canteen opens at noon on working days.", 0.2, 0.2)


def test_a_near_passage_with_the_words_carries_an_answer():
    assert carries_answer([OTHER_TOPIC, ON_TOPIC])
    assert confidence([ON_TOPIC]) > FIRM


def test_another_topic_carries_none():
    assert not carries_answer([OTHER_TOPIC])
    assert 0.0 < confidence([OTHER_TOPIC]) < THRESHOLD < FIRM


def test_nothing_found_carries_none():
    assert not carries_answer([])


def test_a_better_passage_never_lowers_the_confidence():
    less, nearer = PassageText("Leave is generous.", 0.5, 0.5), PassageText("Leave is generous.", 0.5, 0.6)
    better = PassageText("Leave is generous for any parent.", 0.6, 0.5)
    assert confidence([nearer]) > confidence([less])
    assert confidence([less, better]) > confidence([less])


def test_a_stale_passage_says_as_much_of_whether_there_is_an_answer():
    stale = PassageText("Parental leave is 90 days.", 0.8, 0.7, demotion=0.15)
    assert confidence([stale]) == confidence([ON_TOPIC])


def test_a_sentence_that_repeats_the_question_carries_an_answer_by_itself():
    assert lifted(0.1, SENTENCE_CARRIES) == FIRM
    assert lifted(0.1, SENTENCE_CARRIES - 0.1) == 0.1
    assert lifted(0.9, SENTENCE_CARRIES) == 0.9
