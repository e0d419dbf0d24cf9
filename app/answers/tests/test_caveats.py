"""What a reader is told of the evidence: thin, or only for half of the question."""

from dataclasses import replace

import pytest

from app.answers.draft import CheckedSentence, Cited, Draft
from app.answers.models import Answer
from app.answers.steps.caveats import THIN, partial, quoted_sentences, thin
from app.corpus.access import Reader
from retrieval.passage import Passage

HOTELS = Passage(
    chunk_id=1, document_id=1, version_id=1, external_id="travel.md", title="Travel policy", url="", source="Handbook",
    heading_path=("Hotels",), page=None, start=0, end=60, text="A hotel may cost up to 140 euros a night.",
    updated_at=None, checked_at=None, valid_until=None, is_stale=False, semantic=0.8, keyword=3.0, score=0.9, rank=1,
)  # fmt: skip


def draft(question, **fields):
    cited = Cited(1, HOTELS, HOTELS.text, 0, 41)
    made = Draft(question_id=0, question=question, reader=Reader(), standalone=question)
    made.text, made.citations, made.passages = f"{HOTELS.text} [1]", [cited], [HOTELS]
    return replace(made, **fields)


@pytest.mark.parametrize(
    "question",
    [
        "How much may a hotel cost a night, and who repairs broken bicycle chains?",
        "How much may a hotel cost a night? Which insurer covers stolen luggage?",
    ],
)
def test_the_part_that_nothing_answers_is_named(question):
    told = partial(draft(question))
    assert "bicycle chains" in told or "stolen luggage" in told
    assert "hotel" not in told


@pytest.mark.parametrize(
    "question",
    [
        "How much may a hotel cost a night?",
        "How much may a hotel cost and is that for a night?",
        "What does the policy say about hotels and trains?",
    ],
)
def test_a_question_of_one_part_is_not_half_answered(question):
    assert partial(draft(question)) == ""


def test_weak_evidence_is_called_thin():
    assert thin(draft("?", confidence=0.25)) == THIN
    assert thin(draft("?", confidence=0.9)) == ""
    assert thin(draft("?", confidence=None)) == ""


def test_an_answer_whose_sentences_are_mostly_weak_is_called_thin():
    weak, firm = (CheckedSentence(0, 5, verdict, 0.4) for verdict in ("weak", "supported"))
    model = {"mode": Answer.Mode.MODEL, "confidence": 0.9}
    assert thin(draft("?", sentences=[weak, weak, firm], **model)) == THIN
    assert thin(draft("?", sentences=[weak, firm, firm], **model)) == ""


def test_paragraphs_of_a_quoted_answer_are_its_sentences():
    text = "First row [1]\n\nheader\nSecond row [2]"
    cited = [Cited(marker, HOTELS, "", 0, 0) for marker in (1, 2)]
    found = quoted_sentences(text, cited)
    assert [text[each.start : each.end] for each in found] == ["First row [1]", "header\nSecond row [2]"]
    assert [each.markers for each in found] == [(1,), (2,)]
