"""Answers quoted word for word out of passages."""

import numpy as np

from app.answers.steps.extract import MOST_ENCODED, MOST_SENTENCES, PassageText, extract

LEAVE = PassageText(
    "The office is closed in August. Every employee gets 25 days of paid leave a year. Ask early.",
    score=0.8,
    semantic=0.7,
    heading="Leave",
)
TRAVEL = PassageText(
    "Trains are booked by the travel desk. Hotels cost at most 120 EUR a night.", score=0.3, semantic=0.3
)
IDF = {"mani": 1.0, "day": 2.0, "paid": 3.0, "leav": 3.0}
QUESTION = "How many days of paid leave are there?"


def encode(texts):
    """Texts as unit vectors of letter counts: enough for a nearest sentence without a model."""
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    counts = np.array([[text.lower().count(letter) + 0.01 for letter in alphabet] for text in texts])
    return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)


def test_the_best_sentence_comes_first_with_its_place():
    best = extract(QUESTION, [LEAVE, TRAVEL], encode, IDF).sentences[0]
    assert best.text == "Every employee gets 25 days of paid leave a year."
    assert (best.passage_index, LEAVE.text[best.start : best.end]) == (0, best.text)


def test_sentences_come_best_first_and_only_a_few():
    sentences = extract(QUESTION, [LEAVE, TRAVEL], encode, IDF).sentences
    assert len(sentences) == MOST_SENTENCES
    assert [item.score for item in sentences] == sorted((item.score for item in sentences), reverse=True)


def test_a_question_for_a_number_prefers_a_sentence_with_one():
    passage = PassageText("Paid leave days are many indeed. Paid leave days are 25 indeed.", 0.5, 0.5)
    assert "25" in extract(QUESTION, [passage], encode, IDF).sentences[0].text


def test_a_row_of_a_table_brings_its_header():
    passage = PassageText("Leave | Paid days\nParental | 90\nStudy | 5", 0.5, 0.5)
    idf = {"parent": 4.0, "day": 1.0}
    best = extract("How many days of parental leave?", [passage], encode, idf).sentences[0]
    assert best.text == "Leave | Paid days\nParental | 90"
    assert passage.text[best.start : best.end] == "Parental | 90"


def test_without_passages_there_is_no_sentence_and_no_confidence():
    extraction = extract(QUESTION, [], encode, IDF)
    assert (extraction.sentences, extraction.confidence) == ([], 0.0)


def test_only_likely_sentences_are_encoded():
    encoded = []

    def counting(texts):
        encoded.extend(texts)
        return encode(texts)

    long = PassageText(" ".join(f"Sentence {number} says nothing." for number in range(200)), 0.9, 0.5)
    extract(QUESTION, [long, LEAVE], counting, IDF)
    assert len(encoded) == 1 + MOST_ENCODED
    assert "Every employee gets 25 days of paid leave a year." in encoded
