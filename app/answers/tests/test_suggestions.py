"""What could be asked next comes from what the reader may read, and says something."""

import pytest

from app.answers.models import Answer, Citation, Conversation, Evidence, Outcome, Question
from app.answers.suggestions import Section, as_in_a_sentence, question_about, suggestions
from app.answers.tests.asked import add, asked, library, person
from app.corpus.access import reader_for
from app.corpus.models import Chunk, Document
from ingestion.sources import change_source, remove_document

pytestmark = pytest.mark.django_db(transaction=True)
RULES = """# Travel policy

## Introduction

This policy is about travel, hotels and trains.

## Hotels

Employees may book a hotel for up to 140 euros a night. Anything above needs the approval of a manager.

## Trains

Trains are booked in second class. Journeys by train of more than four hours may be booked in first class.

## How to claim expenses

Expenses are claimed within thirty days in the expenses tool, with a photo of every receipt.

## Who pays for visitors?

Visitors are paid for by whoever invites them, out of the budget of their own department.
"""
SECRET = "# Hotel contract Aurora\n\n## Secret rates\n\nA hotel night costs 99 euros by our secret contract."


def answer_from(user, *cited: Chunk, found: tuple[Chunk, ...] = (), question="How much may a hotel cost?", **fields):
    """An answer that cites the first chunks and found the others too."""
    conversation = Conversation.objects.create(user=user, title=question)
    row = Question.objects.create(conversation=conversation, text=question)
    answer = Answer.objects.create(
        question=row, **{"outcome": Outcome.ANSWERED, "text": "x [1]", "finished_at": row.created_at} | fields
    )
    for rank, chunk in enumerate((*cited, *found), start=1):
        evidence = Evidence.objects.create(
            answer=answer, rank=rank, chunk_id=chunk.pk, document_id=chunk.document_id, version_id=chunk.version_id,
            heading_path=chunk.heading_path, start=chunk.start, end=chunk.end, semantic=0.8, keyword=1.0, score=0.9,
        )  # fmt: skip
        if chunk in cited:
            Citation.objects.create(answer=answer, evidence=evidence, marker=rank, quote=chunk.text, start=0, end=1)
    return answer


def chunk_of(name: str, heading: str) -> Chunk:
    return next(
        chunk for chunk in Chunk.objects.filter(document__external_id=name) if chunk.heading_path[-1] == heading
    )


@pytest.fixture
def sources():
    sources = library()
    add(sources["open"], "travel.md", RULES)
    add(sources["closed"], "aurora.md", SECRET)
    return sources


def test_sections_beside_the_source_become_questions(sources):
    user = person("charlie@example.com")
    answer = answer_from(user, chunk_of("travel.md", "Hotels"))
    assert suggestions(answer, reader_for(user)) == [
        "What does “Travel policy” say about trains?", "How do I claim expenses?", "Who pays for visitors?",
    ]  # fmt: skip


def test_what_was_found_and_not_used_comes_first_and_nothing_comes_twice(sources):
    user = person("charlie@example.com")
    unused = chunk_of("travel.md", "Who pays for visitors?")
    answer = answer_from(user, chunk_of("travel.md", "Hotels"), found=(unused,))
    said = suggestions(answer, reader_for(user))
    assert said[0] == "Who pays for visitors?"
    assert len(set(said)) == len(said) == 3


def test_what_was_asked_already_is_not_suggested(sources):
    user = person("charlie@example.com")
    answer = answer_from(user, chunk_of("travel.md", "Hotels"))
    Question.objects.create(conversation=answer.question.conversation, text="how do I claim expenses")
    assert "How do I claim expenses?" not in suggestions(answer, reader_for(user))


def test_nothing_is_named_that_may_not_be_read_any_more(sources):
    member = person("alice@example.com", "finance")
    answer = answer_from(member, chunk_of("travel.md", "Hotels"), found=(chunk_of("aurora.md", "Secret rates"),))
    assert "Aurora" in suggestions(answer, reader_for(member))[0]
    change_source(sources["closed"], actor=None, everyone=False, group_ids=[])
    assert "Aurora" not in " ".join(suggestions(answer, reader_for(member)))
    remove_document(Document.objects.get(external_id="travel.md"), actor=None)
    assert suggestions(answer, reader_for(member)) == []


def test_sections_of_a_version_that_was_replaced_are_not_suggested(sources):
    user = person("charlie@example.com")
    answer = answer_from(user, chunk_of("travel.md", "Hotels"))
    add(sources["open"], "travel.md", "# Travel policy\n\n## Buses\n\nBuses are paid for by the company as well.")
    assert suggestions(answer, reader_for(user)) == []


@pytest.mark.parametrize("outcome", [Outcome.NOT_FOUND, Outcome.REFUSED, Outcome.FAILED])
def test_an_answer_without_sources_suggests_nothing(sources, outcome):
    user = person("charlie@example.com")
    answer = answer_from(user, found=(chunk_of("travel.md", "Hotels"),), outcome=outcome, text="")
    assert suggestions(answer, reader_for(user)) == []


def test_a_suggestion_can_be_asked_and_finds_its_section(sources):
    user = person("charlie@example.com")
    first, _ = asked(user, "How much may a hotel cost a night?")
    (said, *_) = suggestions(first, reader_for(user))
    answer, _ = asked(user, said, first.question.conversation)
    assert answer.outcome in {Outcome.ANSWERED, Outcome.CAVEAT}


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("3.2 Night trains", "What does “Travel policy” say about night trains?"),
        ("How to book a train", "How do I book a train?"),
        ("who approves it", "Who approves it?"),
        ("Introduction", None),
        ("Travel Policy", None),
        ("4.1", None),
        ("", None),
        ("x" * 90, None),
    ],
)
def test_a_heading_becomes_a_question_or_nothing(heading, question):
    assert question_about(Section(Document(title="Travel policy"), heading, "night trains")) == question


@pytest.mark.parametrize(
    ("heading", "text", "said"),
    [
        ("Trains", "A night train counts.", "trains"),
        ("Germany", "Rules of Germany.", "Germany"),
        ("VPN access", "Use the VPN.", "VPN access"),
        ("Sick leave", "Call.", "sick leave"),
        ("A", "a", "a"),
    ],
)
def test_a_first_word_is_written_small_unless_it_is_a_name(heading, text, said):
    assert as_in_a_sentence(heading, text) == said
