"""A graded answer becomes an evaluation case without what is personal, and counts once another person approved it."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from app.accounts.models import Role, User
from app.answers.models import Answer, Question
from app.audit.models import AuditEvent
from app.corpus.access import reader_for
from app.reviews.cases import (
    CaseProblemError,
    CaseText,
    Gold,
    decide,
    draft_case,
    exported,
    gold_of,
    suggested,
    suggested_facts,
)
from app.reviews.models import CaseDraft, ReviewItem
from app.reviews.queue import NotYoursError, undo_last
from app.reviews.tests.grading import GOOD, asked_and_queued, grade, queued
from app.tests.world import World
from evals.cases.case import case_of, read_cases
from evals.judge.calibration import read


@pytest.fixture
def item(world: World) -> ReviewItem:
    item = asked_and_queued(world.alice, "How many days of leave? Tell zofia@home.example.", world.handbook)
    grade(item, world.bob, corrected="28 days of leave a year; write to zofia@home.example.")
    return item


@pytest.fixture
def carol(world: World) -> User:
    person = User.objects.create_user("carol@example.com", name="Carol")
    User.objects.filter(pk=person.pk).update(roles=[Role.REVIEWER])
    return person


def drafted(item: ReviewItem, author: User, **changed) -> CaseDraft:
    text = replace(suggested(item, author), **({"facts": (("28 days", "28"),)} | changed))
    return draft_case(item, author, reader_for(author), text)


def test_a_case_is_suggested_from_answer_verdict_and_passages(world: World, item: ReviewItem) -> None:
    text = suggested(item, world.bob)
    assert text.question == "How many days of leave? Tell an e-mail address."
    assert text.reference == "28 days of leave a year; write to an e-mail address."
    assert text.facts == (("28 days",),)
    assert text.asker == "bob@example.com"
    assert text.expected == "answered"
    assert [(each.document, "28 days" in each.quote) for each in text.gold] == [("/handbook.md", True)]


def test_where_nothing_should_be_found_nothing_is_cited(world: World) -> None:
    item = asked_and_queued(world.alice, "How long is the summer party?", world.handbook)
    grade(item, world.bob, {**GOOD, "outcome": 0}, outcome="not_found", corrected="It is not in the handbook.")
    text = suggested(item, world.bob)
    assert (text.expected, text.facts, text.gold, text.tags) == ("not_found", (), (), ("near-miss",))


def test_facts_are_figures_and_codes_that_stand_in_a_passage() -> None:
    gold = (Gold(1, "a.md", "Order with IT-01; a night costs £140, in all 1,200 euros, 15 % more by 31 March."),)
    said = "Use IT-01. It costs £140 and not £150; at most 1,200 euros, 15 % more, by 31 March."
    assert suggested_facts(said, gold) == ["IT-01", "£140", "1,200 euros", "15 %"]


def test_a_follow_up_keeps_what_was_said_before(world: World) -> None:
    later = Question.objects.create(conversation=world.conversation, text="And until when?")
    item = queued(Answer.objects.create(question=later, outcome="answered", text="July.",
                                        finished_at=world.answer.finished_at))  # fmt: skip
    grade(item, world.bob)
    text = suggested(item, world.bob)
    assert text.history[0][0] == "How much may the team spend?"
    assert text.tags == ("follow-up",)


def test_another_person_approves_it(world: World, item: ReviewItem, carol: User) -> None:
    case = drafted(item, world.bob)
    with pytest.raises(NotYoursError, match="You wrote this case"):
        decide(case.pk, world.bob, reader_for(world.bob), is_approved=True)
    assert decide(case.pk, carol, reader_for(carol), is_approved=True).state == CaseDraft.State.APPROVED
    with pytest.raises(NotYoursError, match="already"):
        decide(case.pk, world.ada, reader_for(world.ada), is_approved=False)
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"case_drafted", "case_approved"}
    with pytest.raises(NotYoursError, match="worked on"):
        undo_last(world.bob)


def test_the_database_keeps_it_that_way(world: World, item: ReviewItem) -> None:
    case = drafted(item, world.bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseDraft.objects.filter(pk=case.pk).update(state="approved", decided_by=world.bob, decided_at=case.created_at)


def test_who_may_not_read_its_passages_decides_nothing(world: World, carol: User) -> None:
    item = queued(world.answer)
    grade(item, world.bob)
    text = replace(suggested(item, world.bob), facts=(("480,000 euros",),))
    with pytest.raises(NotYoursError, match="may read whole"):
        draft_case(item, carol, reader_for(carol), text)
    case = draft_case(item, world.bob, reader_for(world.bob), text)
    with pytest.raises(NotYoursError, match="may not read a passage"):
        decide(case.pk, carol, reader_for(carol), is_approved=True)


def test_a_case_that_is_sent_back_is_written_again(world: World, item: ReviewItem, carol: User) -> None:
    case = drafted(item, world.bob)
    decide(case.pk, carol, reader_for(carol), is_approved=False, note="Which year?")
    again = drafted(item, world.bob, question="How many days of leave a year?")
    assert (again.pk, again.state, again.note) == (case.pk, CaseDraft.State.DRAFT, "")


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"name": "Leave"}, "name", "words in small letters and two digits"),
        ({"tags": ()}, "tags", "at least one kind"),
        ({"tags": ("riddle",)}, "tags", "at least one kind"),
        ({"facts": ()}, "facts", "at least one fact"),
        ({"gold": ()}, "gold", "at least one passage"),
        ({"facts": (("29 days",),)}, "facts", "stands in no chosen passage"),
        ({"asker": "nobody@example.com"}, "asker", "Name an account"),
        ({"gold": (Gold(0, "x.md", "28 days"),)}, "gold", "does not stand in x.md"),
        ({"expected": "refused"}, "facts", "leave facts and passages empty"),
        ({"also_accepted": ("answered",)}, "also_accepted", "accepted anyway"),
        ({"must_not": ("zofia@home.example",)}, "must_not", "an e-mail address, which may not travel"),
        ({"facts": (("28", "+44 20 7946 0018"),)}, "facts", "a phone number"),
    ],
)
def test_what_is_wrong_is_said_by_field(world: World, item: ReviewItem, changed, field: str, sentence: str) -> None:
    with pytest.raises(CaseProblemError, match=sentence) as refused:
        drafted(item, world.bob, **changed)
    assert refused.value.field == field
    assert not CaseDraft.objects.exists()


def test_what_is_typed_is_made_anonymous_once_more(world: World, item: ReviewItem) -> None:
    case = drafted(item, world.bob, question="What did zofia@home.example ask?")
    assert case.question == "What did an e-mail address ask?"


def test_only_a_graded_answer_becomes_a_case(world: World) -> None:
    item = asked_and_queued(world.alice, "Leave?", world.handbook)
    with pytest.raises(NotYoursError, match="that is graded"):
        drafted(item, world.bob)


def test_what_is_exported_is_a_case_and_only_what_was_approved(
    world: World, item: ReviewItem, carol: User, tmp_path: Path
) -> None:
    case = drafted(item, world.bob)
    call_command("export_cases", "--to", str(tmp_path), stdout=StringIO())
    assert read_cases(tmp_path) == []
    decide(case.pk, carol, reader_for(carol), is_approved=True)
    for _ in range(2):
        said = StringIO()
        call_command("export_cases", "--to", str(tmp_path), stdout=said)
    assert "1 approved cases" in said.getvalue()
    found = read_cases(tmp_path)
    assert [(each.id, each.must, each.gold[0].document) for each in found] == [
        (f"review-{item.pk}-01", (("28 days", "28"),), "/handbook.md")
    ]
    text = (tmp_path / "reviewed.jsonl").read_text()
    for personal in ("zofia", "alice", "Bob", "carol"):
        assert personal not in text
    case.refresh_from_db()
    assert case_of(json.dumps(exported(case))) == found[0]


def test_an_earlier_export_stays_and_a_wrong_case_stops_it(
    world: World, item: ReviewItem, carol: User, tmp_path: Path
) -> None:
    case = drafted(item, world.bob)
    decide(case.pk, carol, reader_for(carol), is_approved=True)
    old = {**exported(CaseDraft.objects.get()), "id": "older-01"}
    (tmp_path / "reviewed.jsonl").write_text(f"{json.dumps(old)}\n")
    call_command("export_cases", "--to", str(tmp_path), stdout=StringIO())
    assert [each.id for each in read_cases(tmp_path)] == ["older-01", case.name]
    CaseDraft.objects.update(asker="nobody@example.com")
    with pytest.raises(CommandError, match=r"(?s)Nothing was written.*no account"):
        call_command("export_cases", "--to", str(tmp_path))


def test_an_id_that_is_taken_elsewhere_is_refused(world: World, item: ReviewItem, carol: User, tmp_path: Path) -> None:
    case = drafted(item, world.bob)
    decide(case.pk, carol, reader_for(carol), is_approved=True)
    case.refresh_from_db()
    (tmp_path / "people.jsonl").write_text(f"{json.dumps(exported(case))}\n")
    with pytest.raises(CommandError, match=r"the id is taken in people.jsonl"):
        call_command("export_cases", "--to", str(tmp_path))


def test_graded_answers_calibrate_the_judge(world: World, item: ReviewItem, tmp_path: Path) -> None:
    call_command("export_graded", str(tmp_path / "graded.jsonl"), stdout=StringIO())
    graded = read(tmp_path / "graded.jsonl")
    assert [(each.id, dict(each.people.levels)) for each in graded] == [(f"review-{item.pk}", GOOD)]
    assert "zofia" not in (tmp_path / "graded.jsonl").read_text()


def test_a_suggestion_is_a_case_text(world: World, item: ReviewItem) -> None:
    assert isinstance(suggested(item, world.bob), CaseText)
    assert gold_of(item.answer)[0].document_id == world.handbook.pk
