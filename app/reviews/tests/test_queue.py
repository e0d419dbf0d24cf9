"""One answer goes to one reviewer at a time; the second is blind to the first; a third resolves; all can be undone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from app.accounts.models import Role, User
from app.audit.models import AuditEvent
from app.corpus.access import reader_for
from app.reviews import rubric
from app.reviews.calibration import make_calibration, retire_calibration
from app.reviews.models import ReviewItem, SetAside, Verdict
from app.reviews.quality import blind_agreement, calibrations, late, quality_between, standings
from app.reviews.queue import (
    Given,
    NotYoursError,
    next_for,
    open_for,
    open_item,
    progress_of,
    save_verdict,
    set_aside,
    settle_flag,
    undo_last,
)
from app.reviews.rubric import CURRENT, GradesError
from app.reviews.tests.grading import GOOD, POOR, asked_and_queued, grade, queued
from app.tests.world import World, make_person

State = ReviewItem.State


@pytest.fixture
def item(world: World) -> ReviewItem:
    return queued(world.answer)


@pytest.fixture
def twice(world: World) -> ReviewItem:
    """About the handbook, so that everybody may grade it."""
    item = asked_and_queued(world.alice, "How many days of leave?", world.handbook)
    ReviewItem.objects.filter(pk=item.pk).update(needs_second=True)
    ReviewItem.objects.exclude(pk=item.pk).delete()
    item.refresh_from_db()
    return item


def reviewer(name: str) -> User:
    person = make_person(name)
    User.objects.filter(pk=person.pk).update(roles=[Role.REVIEWER])
    person.refresh_from_db()
    return person


def following(person: User) -> ReviewItem | None:
    return next_for(person, reader_for(person))


def test_only_who_may_read_every_passage_is_given_an_answer(world: World, item: ReviewItem) -> None:
    assert following(world.bob) == item
    assert following(world.charlie) is None
    progress = progress_of(world.charlie, reader_for(world.charlie))
    assert (progress.waiting, progress.closed_to_them) == (0, 1)
    world.charlie.groups.add(Group.objects.get(name="team"))
    assert following(world.charlie) == item


def test_nobody_grades_an_answer_to_their_own_question(world: World, item: ReviewItem) -> None:
    assert following(world.alice) is None
    with pytest.raises(NotYoursError, match="asked this yourself"):
        open_item(item.pk, world.alice)


def test_an_opened_answer_is_kept_for_its_reviewer_for_some_minutes(world: World, twice: ReviewItem) -> None:
    open_item(twice.pk, world.bob)
    assert following(world.charlie) is None
    with pytest.raises(NotYoursError, match="Somebody else is grading"):
        open_item(twice.pk, world.charlie)
    assert open_item(twice.pk, world.bob).item == twice
    ReviewItem.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert following(world.charlie) == twice


def test_whose_time_ran_out_may_still_save_unless_another_took_it(world: World, twice: ReviewItem) -> None:
    opened = open_item(twice.pk, world.bob)
    ReviewItem.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    open_item(twice.pk, world.charlie)
    with pytest.raises(NotYoursError, match="time for this answer ran out"):
        save_verdict(twice.pk, world.bob, Given(GOOD), opened.rubric.version)
    ReviewItem.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert save_verdict(twice.pk, world.charlie, Given(GOOD), 1).round == "first"


def test_a_verdict_is_recorded_and_audited(world: World, item: ReviewItem) -> None:
    verdict = grade(item, world.bob, POOR, errors=["made_up"], corrected="It is 5.", comment="See page 2.")
    assert item.state == State.DONE
    assert verdict.levels == POOR
    assert (verdict.rubric_version, verdict.rubric_hash) == (CURRENT.version, CURRENT.hash)
    event = AuditEvent.objects.get(action="review_verdict_given")
    assert (event.actor_id, event.target) == (world.bob.pk, f"review:{item.pk}")
    assert "It is 5" not in str(event.details)
    assert following(world.bob) is None


def test_levels_must_be_whole(world: World, item: ReviewItem) -> None:
    open_item(item.pk, world.bob)
    with pytest.raises(GradesError, match="Choose a level"):
        save_verdict(item.pk, world.bob, Given({"correct": 2}), 1)
    assert not Verdict.objects.exists()


def test_two_who_agree_need_no_third(world: World, twice: ReviewItem) -> None:
    grade(twice, world.bob)
    assert twice.state == State.SECOND
    assert following(world.bob) is None
    assert grade(twice, world.charlie).round == "second"
    assert twice.state == State.DONE


def test_where_two_differ_a_third_decides(world: World, twice: ReviewItem) -> None:
    grade(twice, world.bob)
    grade(twice, world.charlie, {**GOOD, "complete": 1})
    assert twice.state == State.RESOLVING
    assert following(world.bob) is following(world.charlie) is None
    dana = reviewer("dana")
    assert following(dana) == twice
    assert grade(twice, dana, POOR).round == "resolution"
    assert twice.state == State.DONE
    day = timezone.localdate()
    assert quality_between(day, day).estimates["complete"].value == 0
    found = {each.name: each for each in blind_agreement()}
    assert (found["complete"].same, found["correct"].same, found["correct"].n) == (0, 1, 1)


def test_an_answer_is_graded_under_the_rubric_it_was_opened_with(
    world: World, item: ReviewItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_item(item.pk, world.bob)
    newer = replace(CURRENT, version=2, criteria=CURRENT.criteria[:3])
    monkeypatch.setitem(rubric.RUBRICS, 2, newer)
    assert open_item(item.pk, world.bob).rubric == CURRENT
    verdict = save_verdict(item.pk, world.bob, Given(GOOD), 2)
    assert verdict.rubric_version == opened.rubric.version == 1
    other = asked_and_queued(world.alice, "Another?", world.document)
    assert open_item(other.pk, world.bob).rubric == newer


def test_a_skipped_answer_goes_to_others(world: World, twice: ReviewItem) -> None:
    open_item(twice.pk, world.bob)
    set_aside(twice.pk, world.bob, kind="skip", why="not_my_field", note="Law.")
    assert following(world.bob) is None
    assert following(world.charlie) == twice
    assert SetAside.objects.get().why == "not_my_field"


def test_a_flagged_answer_waits_for_an_admin(world: World, twice: ReviewItem) -> None:
    set_aside(twice.pk, world.bob, kind="flag", why="not_work")
    assert following(world.charlie) is None
    settle_flag(twice.pk, world.ada, is_back=True)
    assert following(world.charlie) == twice
    with pytest.raises(NotYoursError, match="settled this flag already"):
        settle_flag(twice.pk, world.ada, is_back=False)
    with pytest.raises(NotYoursError, match="An admin has settled"):
        undo_last(world.bob)


def test_what_an_admin_takes_out_stays_out_and_counts_nowhere(world: World, twice: ReviewItem) -> None:
    set_aside(twice.pk, world.bob, kind="flag", why="personal")
    settle_flag(twice.pk, world.ada, is_back=False)
    assert following(world.charlie) is None
    assert quality_between(timezone.localdate(), timezone.localdate()).drawn == 0


@pytest.mark.parametrize("act", ["verdict", "skip", "flag"])
def test_the_last_act_can_be_undone(world: World, twice: ReviewItem, act: str) -> None:
    if act == "verdict":
        grade(twice, world.bob)
    else:
        set_aside(twice.pk, world.bob, kind=act, why="other")
    assert following(world.bob) is None
    assert undo_last(world.bob) == twice
    assert following(world.bob) == twice
    assert AuditEvent.objects.filter(action="review_undone").count() == 1
    with pytest.raises(NotYoursError, match="nothing of yours to undo"):
        undo_last(world.bob)


def test_what_others_built_on_cannot_be_undone(world: World, twice: ReviewItem) -> None:
    grade(twice, world.bob)
    grade(twice, world.charlie)
    with pytest.raises(NotYoursError, match="worked on with this verdict"):
        undo_last(world.bob)
    assert undo_last(world.charlie).state == State.SECOND


def test_after_an_hour_nothing_is_undone(world: World, twice: ReviewItem) -> None:
    grade(twice, world.bob)
    Verdict.objects.update(created_at=timezone.now() - timedelta(hours=2))
    with pytest.raises(NotYoursError, match="for an hour"):
        undo_last(world.bob)


def test_the_most_urgent_comes_first(world: World, item: ReviewItem) -> None:
    later = asked_and_queued(world.alice, "And a hotel?", world.document)
    assert list(open_for(world.bob)) == [item, later]
    ReviewItem.objects.filter(pk=later.pk).update(due_at=timezone.now() - timedelta(hours=1))
    assert following(world.bob) == later
    assert list(late()) == [later]


def test_seven_of_forty(world: World, item: ReviewItem) -> None:
    others = [asked_and_queued(world.alice, f"And {at}?", world.document) for at in range(3)]
    grade(item, world.bob)
    grade(others[0], world.bob)
    progress = progress_of(world.bob, reader_for(world.bob))
    assert (progress.position, progress.total) == (3, 4)


def test_every_tenth_answer_has_a_known_verdict_and_nobody_is_told(
    world: World, twice: ReviewItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.reviews.queue.CALIBRATE_EVERY", 2)
    ReviewItem.objects.update(needs_second=False)
    grade(twice, world.bob, POOR)
    with pytest.raises(NotYoursError, match="You have graded"):
        open_item(twice.pk, world.bob)
    with pytest.raises(NotYoursError, match="Nobody has to grade"):
        open_item(twice.pk, world.charlie)
    make_calibration(twice, world.bob)
    others = [asked_and_queued(world.alice, f"{at}: leave?", world.handbook) for at in range(3)]
    assert following(world.charlie) == others[0]
    grade(others[0], world.charlie)
    assert following(world.charlie) == twice
    assert grade(twice, world.charlie, {**POOR, "safe": 1}).round == "calibration"
    assert following(world.charlie) == others[1]
    found = calibrations()
    assert [(each.reviewer, each.answers) for each in found] == [(world.charlie, 1)]
    assert {each.name: each.same for each in found[0].by_criterion}["safe"] == 0
    twice.refresh_from_db()
    assert twice.state == State.DONE
    assert quality_between(twice.day, twice.day).estimates["safe"].value > 0
    assert undo_last(world.charlie) == twice
    retire_calibration(twice, world.bob)
    assert following(world.charlie) == others[1]


def test_an_ungraded_answer_calibrates_nobody(world: World, item: ReviewItem) -> None:
    with pytest.raises(NotYoursError, match="Only an answer that is graded"):
        make_calibration(item, world.bob)


def test_who_did_less_than_an_equal_part_is_behind(world: World) -> None:
    items = [asked_and_queued(world.alice, f"{at}: leave?", world.handbook) for at in range(6)]
    for item in items[:4]:
        grade(item, world.bob)
    ReviewItem.objects.filter(pk__in=[each.pk for each in items[4:]]).update(due_at=timezone.now())
    assert [(each.reviewer, each.graded, each.part, each.behind) for each in standings()] == [
        (world.charlie, 0, 3.0, 3), (world.bob, 4, 3.0, 0),
    ]  # fmt: skip


def test_quality_counts_each_answer_by_its_chance(world: World) -> None:
    items = [asked_and_queued(world.alice, f"{at}: leave?", world.handbook) for at in range(3)]
    ReviewItem.objects.filter(answer=world.answer).delete()
    grade(items[0], world.bob, GOOD)
    grade(items[1], world.bob, POOR)
    ReviewItem.objects.filter(pk=items[0].pk).update(probability=0.1)
    ReviewItem.objects.filter(pk=items[2].pk).delete()
    found = quality_between(timezone.localdate(), timezone.localdate())
    assert found.estimates["correct"].value == pytest.approx(10 / 11)
    assert found.estimates["all"].value == pytest.approx(10 / 11)
    assert (found.drawn, found.graded) == (2, 2)
