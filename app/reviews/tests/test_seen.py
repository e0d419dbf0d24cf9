"""A reviewer sees what they may read, without personal data and without who asked."""

import pytest

from app.answers.looking import may_be_looked_at
from app.answers.models import Answer, AnswerSentence, Citation, Conversation, Evidence, Question
from app.corpus.access import reader_for
from app.corpus.models import Chunk
from app.reviews.models import CaseDraft, ReviewItem, SetAside, Verdict
from app.reviews.readable import readable_items
from app.reviews.seen import Seen, seen
from app.reviews.tests.grading import GOOD, asked_and_queued, grade, queued
from app.safety import configured
from app.safety.models import PersonalDataPolicy
from app.tests.world import World, answered_question
from ingestion.purge import purge_document


def by(person, item: ReviewItem) -> Seen:
    return seen(ReviewItem.objects.get(pk=item.pk), reader_for(person))


def words(found: Seen) -> str:
    sentences = "".join(piece.text for each in found.sentences for piece in each.pieces)
    passages = "".join(f"{each.title}{each.section}{''.join(p.text for p in each.pieces)}" for each in
                       (*found.cited, *found.other))  # fmt: skip
    turns = "".join(f"{turn.question}{turn.answer}" for turn in found.before)
    return "".join((found.question, found.notice, sentences, passages, turns, found.asked_by))


@pytest.fixture
def item(world: World) -> ReviewItem:
    return queued(world.answer)


def test_the_answer_comes_in_sentences_with_the_cited_words_marked(world: World, item: ReviewItem) -> None:
    text = "The team has 480,000 euros. [1] A third is kept back [1]."
    Answer.objects.filter(pk=world.answer.pk).update(text=text, mode=Answer.Mode.MODEL)
    for ordinal, (start, end) in enumerate(((0, 27), (32, 57))):
        AnswerSentence.objects.create(
            answer=world.answer, ordinal=ordinal, start=start, end=end, verdict="supported", support=0.9, markers=[1]
        )
    begin = world.citation.start + 4
    Citation.objects.filter(pk=world.citation.pk).update(start=begin, end=begin + 8)
    found = by(world.bob, item)
    assert [[(piece.text, piece.marker) for piece in each.pieces] for each in found.sentences] == [
        [("The team has 480,000 euros. ", 0), ("[1]", 1)],
        [("A third is kept back ", 0), ("[1]", 1), (".", 0)],
    ]
    passage = found.cited[0]
    quoted = world.citation.quote
    assert [piece.text for piece in passage.pieces if piece.is_cited] == [quoted[4:12]]
    assert "".join(piece.text for piece in passage.pieces) == quoted
    assert found.question == "How much may the team spend?"


def test_unchecked_answers_are_cut_as_they_read(world: World, item: ReviewItem) -> None:
    Answer.objects.filter(pk=world.answer.pk).update(text="One thing. [1] Another thing. [1]\n- A third. [1]")
    found = by(world.bob, item)
    assert [each.pieces[0].text.strip() for each in found.sentences] == ["One thing.", "Another thing.", "- A third."]


def test_who_may_not_read_the_passages_sees_that_there_are_some(world: World, item: ReviewItem) -> None:
    found = by(world.charlie, item)
    assert not found.is_whole
    assert found.closed_passages == 1
    assert found.sentences[0].is_closed
    for said in ("480,000", "budget", "spend", "third"):
        assert said not in words(found).lower()


def test_of_a_quoted_answer_the_sentences_on_readable_passages_are_left(world: World, item: ReviewItem) -> None:
    passage = Chunk.objects.filter(document=world.handbook)[0]
    evidence = Evidence.objects.create(
        answer=world.answer, rank=2, chunk_id=passage.pk, document=world.handbook, version_id=passage.version_id,
        title="", start=passage.start, end=passage.end, semantic=0.5, keyword=1, score=0.5,
    )  # fmt: skip
    Citation.objects.create(
        answer=world.answer, evidence=evidence, marker=2, quote="x", start=passage.start, end=passage.end
    )
    text = "The team has 480,000 euros. [1] Everybody has 28 days. [2] Neither says more. It is in no passage. [3]"
    Answer.objects.filter(pk=world.answer.pk).update(text=text)
    found = by(world.charlie, item)
    assert [each.is_closed for each in found.sentences] == [True, False, True, True]
    assert "28 days" in words(found)
    assert "480,000" not in words(found)
    Answer.objects.filter(pk=world.answer.pk).update(mode=Answer.Mode.MODEL)
    assert "28 days." not in words(by(world.charlie, item)).replace("28 days of", "")


def test_the_turns_before_are_shown_in_their_order(world: World) -> None:
    later = Question.objects.create(conversation=world.conversation, text="And for hotels?")
    answer = Answer.objects.create(question=later, outcome="not_found", finished_at=world.answer.finished_at)
    found = by(world.bob, queued(answer))
    assert [turn.question for turn in found.before] == ["How much may the team spend?"]
    assert "480,000" in found.before[0].answer
    assert by(world.bob, queued(world.answer)).before == ()


def test_a_passage_found_before_closes_a_later_answer(world: World) -> None:
    later = Question.objects.create(conversation=world.conversation, text="And the 480,000 euros?")
    item = queued(Answer.objects.create(question=later, outcome="not_found", finished_at=world.answer.finished_at))
    assert "480,000" not in words(by(world.charlie, item))


def test_many_at_once_are_readable_by_the_same_rule_as_one(world: World, item: ReviewItem) -> None:
    items = [item, asked_and_queued(world.alice, "Leave?", world.handbook)]
    later = Question.objects.create(conversation=world.conversation, text="And?")
    items.append(queued(Answer.objects.create(question=later, outcome="refused", finished_at=item.created_at)))
    gone = answered_question(world.alice, "Gone?", world.handbook)
    Evidence.objects.filter(answer=gone).update(version=None)
    items.append(queued(gone))
    for person in (world.alice, world.bob, world.charlie, world.ada):
        reader = reader_for(person)
        one_by_one = [each for each in items if may_be_looked_at(each.answer, reader)]
        assert readable_items(items, reader) == one_by_one
        assert 1 <= len(one_by_one) <= 3


def test_nobody_is_told_who_asked_unless_a_setting_says_so(world: World, item: ReviewItem, settings) -> None:
    assert "alice" not in words(by(world.bob, item)).lower()
    settings.ATTEST_REVIEW_SHOW_ASKER = True
    assert by(world.bob, item).asked_by == "alice@example.com"


def test_personal_data_is_left_out_unless_the_policy_keeps_it(world: World) -> None:
    conversation = Conversation.objects.create(user=world.alice, title="x")
    asked = "May zofia.wojcik@home.example spend the team's money?"
    question = Question.objects.create(conversation=conversation, text=asked)
    text = "Write to zofia.wojcik@home.example. [1] It is 5 euros. [1]"
    answer = Answer.objects.create(
        question=question, outcome="answered", text=text, notice="Ask +44 20 7946 0018.", mode=Answer.Mode.MODEL,
        finished_at=world.answer.finished_at,
    )  # fmt: skip
    for ordinal, (start, end) in enumerate(((0, 35), (40, 54))):
        AnswerSentence.objects.create(
            answer=answer, ordinal=ordinal, start=start, end=end, verdict="weak", support=0.5, markers=[]
        )
    item = queued(answer)
    found = by(world.bob, item)
    assert "wojcik" not in words(found)
    assert "7946" not in words(found)
    assert found.question == "May [email] spend the team's money?"
    assert [each.pieces[0].text for each in found.sentences] == ["Write to [email]. ", "It is 5 euros. "]
    chosen = {"review": dict.fromkeys(("email", "phone", "name"), "keep")}
    PersonalDataPolicy.objects.update_or_create(defaults={"chosen": chosen})
    configured.forget()
    try:
        assert "wojcik" in words(by(world.bob, item))
    finally:
        PersonalDataPolicy.objects.all().delete()
        configured.forget()


def test_what_is_purged_is_gone_from_reviews_too(world: World, item: ReviewItem) -> None:
    grade(item, world.bob, GOOD, corrected="It is 480,000.", comment="480,000")
    SetAside.objects.create(item=item, kind="skip", why="other", note="480,000", state_before="waiting")
    case = {"expected": "answered", "asker": "a@example.com", "question": "q", "reference": "480,000"}
    CaseDraft.objects.create(item=item, name="a-01", **case)
    gold = [{"document": "budget.md", "quote": "480,000", "document_id": world.document.pk}]
    CaseDraft.objects.create(name="b-01", gold=gold, **case)
    kept = CaseDraft.objects.create(name="c-01", gold=[{**gold[0], "document_id": world.handbook.pk}], **case)
    purge_document(world.document, actor=None)
    assert list(CaseDraft.objects.all()) == [kept]
    verdict = Verdict.objects.get()
    assert (verdict.corrected, verdict.comment, verdict.levels) == ("", "", GOOD)
    assert SetAside.objects.get().note == ""
    assert "480,000" not in words(by(world.bob, item))
