"""Which graded answers are asked again, with whose rights, and what counts as right."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from app.answers.models import Conversation
from app.answers.tests.asked import TRAVEL, add, asked, person
from app.corpus.access import reader_for
from app.corpus.models import Document
from app.reviews.cases import draft_case, suggested
from app.reviews.models import CaseDraft, ReviewItem, Verdict
from evals.living.cases import MOVED_ON, NO_OUTCOME, NOBODY_ASKS, OLDER_RUBRIC, living_set
from evals.living.tests.graded import GOOD, HOTEL, answers_to, reviewer, shelf
from ingestion.sources import remove_document

pytestmark = pytest.mark.django_db(transaction=True)


def the_case():
    (case,) = living_set().cases
    return case


def left_out():
    found = living_set()
    assert not found.cases
    return dict(found.left_out)


def test_a_good_answer_is_what_a_right_answer_is_like():
    shelf()
    item = answers_to(person("ann@example.com"), HOTEL, reviewer())
    living = the_case()
    assert (living.case.id, living.case.expected, living.is_good, living.is_best) == (
        f"review-{item.pk}", "answered", True, True
    )  # fmt: skip
    assert "140 euros" in living.case.reference
    assert "[1]" not in living.case.reference
    travel = Document.objects.get(external_id="travel.md")
    assert [(gold.document, "140 euros" in gold.quote) for gold in living.case.gold] == [(str(travel.pk), True)]
    assert living.case.must == living.case.must_not == ()
    assert living.case.asker == ""


def test_it_is_asked_with_the_rights_that_its_asker_has_now():
    shelf()
    ann = person("ann@example.com")
    answers_to(ann, HOTEL, reviewer())
    ann.groups.add(Group.objects.get(name="finance"))
    assert the_case().reader == reader_for(ann)


def test_passages_and_words_count_only_where_people_vouched_for_them():
    shelf()
    item = answers_to(person("ann@example.com"), HOTEL, reviewer(), {**GOOD, "cited": 1})
    living = the_case()
    assert (living.case.gold, living.case.reference, living.is_good, living.is_best) == ((), "", True, False)
    Verdict.objects.filter(item=item).update(levels={**GOOD, "correct": 1}, corrected="Up to 140 euros.")
    living = the_case()
    assert (living.case.reference, living.is_good, living.case.tags) == ("Up to 140 euros.", False, ("graded-lower",))
    assert len(living.case.gold) == 1


def test_where_the_outcome_was_wrong_the_corrected_one_counts():
    shelf()
    item = answers_to(person("ann@example.com"), HOTEL, reviewer(), {**GOOD, "outcome": 0}, outcome="not_found")
    living = the_case()
    assert (living.case.expected, living.case.gold, living.is_good) == ("not_found", (), False)
    Verdict.objects.filter(item=item).update(outcome="")
    assert left_out() == {NO_OUTCOME: 1}


def test_what_was_quoted_because_a_model_was_away_counts_as_answered():
    shelf()
    item = answers_to(person("ann@example.com"), HOTEL, reviewer())
    type(item.answer).objects.filter(pk=item.answer.pk).update(outcome="degraded")
    assert the_case().case.expected == "answered"


def test_a_document_that_says_something_else_now_has_moved_on():
    sources = shelf()
    answers_to(person("ann@example.com"), HOTEL, reviewer())
    add(sources["open"], "travel.md", TRAVEL + "\nBicycles may be rented by the day.\n")
    assert len(living_set().cases) == 1, "what was cited still stands there"
    add(sources["open"], "travel.md", TRAVEL.replace("140 euros", "150 euros"))
    assert left_out() == {MOVED_ON: 1}


@pytest.mark.parametrize("away", ["gone", "closed"])
def test_a_document_that_is_gone_or_closed_to_the_asker_has_moved_on(away):
    shelf()
    ann = person("ann@example.com", "finance")
    answers_to(ann, "How large is the marketing budget for 2026?", reviewer())
    assert the_case().case.gold
    if away == "gone":
        remove_document(Document.objects.get(external_id="budget.md"), actor=None)
    else:
        ann.groups.clear()
    assert left_out() == {MOVED_ON: 1}


def test_whoever_left_is_not_asked_for_and_older_rubrics_do_not_count():
    shelf()
    ann = person("ann@example.com")
    item = answers_to(ann, HOTEL, reviewer())
    type(ann).objects.filter(pk=ann.pk).update(is_active=False)
    assert left_out() == {NOBODY_ASKS: 1}
    Verdict.objects.filter(item=item).update(rubric_version=0)
    assert left_out() == {OLDER_RUBRIC: 1}


def test_what_nobody_has_graded_is_no_part_of_it():
    shelf()
    asked(person("ann@example.com"), HOTEL)
    assert living_set().cases == ()
    assert dict(living_set().left_out) == {}


def test_facts_come_only_from_a_case_that_was_drafted_from_it():
    shelf()
    item, rita = answers_to(person("ann@example.com"), HOTEL, reviewer()), reviewer("ruth@example.com")
    text = suggested(item, rita)
    draft_case(item, rita, reader_for(rita), text)
    CaseDraft.objects.update(must_not=["200 euros"], also_accepted=["caveat"])
    living = the_case()
    assert living.case.must == text.facts != ()
    assert (living.case.must_not, living.case.also_accepted) == (("200 euros",), ("caveat",))
    CaseDraft.objects.update(state=CaseDraft.State.REFUSED, decided_at=timezone.now())
    assert the_case().case.must == ()


def test_the_newest_or_those_since_a_day():
    shelf()
    ann, rita = person("ann@example.com"), reviewer()
    items = [answers_to(ann, question, rita) for question in (HOTEL, "When does the garden club meet?")]
    today = timezone.localdate()
    ReviewItem.objects.filter(pk=items[0].pk).update(day=today - timedelta(days=3))
    assert [each.item_id for each in living_set().cases] == [each.pk for each in items]
    assert [each.item_id for each in living_set(last=1).cases] == [items[1].pk]
    assert [each.item_id for each in living_set(since=today).cases] == [items[1].pk]


def test_a_follow_up_is_one():
    shelf()
    ann, rita = person("ann@example.com"), reviewer()
    answers_to(ann, HOTEL, rita)
    answers_to(ann, "And in which class are trains booked?", rita, conversation=Conversation.objects.get())
    assert [each.case.tags for each in living_set().cases] == [("graded-good",), ("graded-good", "follow-up")]
