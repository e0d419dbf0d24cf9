"""Real answers come into the queue by themselves: a share by chance, and always those that somebody doubts."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from app.answers.models import Answer, AnswerSentence, CitationReport, Feedback, Outcome
from app.reviews.models import Reason, ReviewItem, SamplingDay
from app.reviews.novelty import is_novel, words_of
from app.reviews.queue import open_item, set_aside
from app.reviews.sampling import OPEN_DAYS, sample
from app.reviews.tasks import sample_answers
from app.reviews.tests.grading import grade, queued
from app.tests.world import World, answered_question


def drawn() -> dict[int, ReviewItem]:
    return {item.answer_id: item for item in ReviewItem.objects.all()}


@pytest.fixture
def many(world: World) -> list[Answer]:
    return [answered_question(world.alice, f"Question {at}?", world.document) for at in range(60)]


def test_a_share_is_drawn_and_drawing_again_draws_the_same(world: World, many: list[Answer], settings) -> None:
    settings.ATTEST_REVIEW_SHARE = 20
    sample_answers()
    before = {pk: (item.pk, item.probability, item.created_at) for pk, item in drawn().items()}
    assert 3 <= len(before) <= 35
    assert sample() == 0
    assert {pk: (item.pk, item.probability, item.created_at) for pk, item in drawn().items()} == before
    ReviewItem.objects.all().delete()
    sample()
    assert drawn().keys() == before.keys()


def test_the_key_decides_who_is_drawn(world: World, many: list[Answer], settings) -> None:
    settings.ATTEST_REVIEW_SHARE = 20
    sample()
    before = drawn().keys()
    settings.SECRET_KEY = "another" * 10
    sample()
    assert drawn().keys() != before


def test_each_item_carries_its_chance_and_its_stratum(world: World) -> None:
    item = queued(world.answer)
    assert item.probability == 1
    assert item.reasons == [Reason.CHANCE]
    assert item.stratum == f"answered|{world.team_source.pk}|{world.team.pk}|novel"
    assert item.due_at - timezone.now() > timedelta(days=2)


def test_a_question_like_one_drawn_on_another_day_is_familiar(world: World) -> None:
    first = queued(world.answer)
    Answer.objects.filter(pk=world.answer.pk).update(finished_at=timezone.now() - timedelta(days=1))
    ReviewItem.objects.filter(pk=first.pk).update(day=timezone.localdate() - timedelta(days=1))
    again = queued(answered_question(world.bob, "How much may our team spend?", world.document))
    other = queued(answered_question(world.bob, "Which hotel is allowed?", world.document))
    assert again.stratum.endswith("familiar")
    assert other.stratum.endswith("novel")


@pytest.mark.parametrize(
    ("one", "other", "novel"),
    [
        ("How many days of leave do I have?", "how many leave days have I got", False),
        ("How many days of leave do I have?", "What does a hotel cost in Paris?", True),
        ("What changed in 2025?", "What changed in 2026?", True),
        ("?", "?", True),
    ],
)
def test_what_is_new_is_told_by_words(one: str, other: str, novel: bool) -> None:
    assert is_novel(one, [words_of(other)]) is novel


def test_with_no_share_only_what_somebody_doubts_is_drawn(world: World, many: list[Answer], settings) -> None:
    settings.ATTEST_REVIEW_SHARE = 0
    down, refused, conflict, weak, fine = many[:5]
    Feedback.objects.create(answer=down, value=Feedback.Value.DOWN, reason=Feedback.Reason.WRONG)
    Feedback.objects.create(answer=refused, value=Feedback.Value.DOWN)
    Answer.objects.filter(pk=refused.pk).update(outcome=Outcome.NOT_FOUND)
    Answer.objects.filter(pk=conflict.pk).update(outcome=Outcome.CONFLICT)
    Feedback.objects.create(answer=fine, value=Feedback.Value.UP)
    for ordinal, verdict in enumerate(("supported", "unsupported", "weak")):
        AnswerSentence.objects.create(answer=weak, ordinal=ordinal, start=0, end=9, verdict=verdict, support=0.1)
    AnswerSentence.objects.create(answer=fine, ordinal=0, start=0, end=9, verdict="supported", support=0.9)
    CitationReport.objects.create(citation=world.citation)
    sample()
    assert {pk: item.reasons for pk, item in drawn().items()} == {
        down.pk: [Reason.THUMB_DOWN], refused.pk: [Reason.DISPUTED], conflict.pk: [Reason.CONFLICT],
        weak.pk: [Reason.LOW_SUPPORT], world.answer.pk: [Reason.REPORTED],
    }  # fmt: skip
    assert {item.probability for item in drawn().values()} == {1.0}
    assert max(item.due_at for item in drawn().values()) < timezone.now() + timedelta(days=1, minutes=1)


def test_a_thumb_that_comes_later_makes_it_certain(world: World, many: list[Answer], settings) -> None:
    settings.ATTEST_REVIEW_SHARE = 20
    sample()
    chosen = next(item for item in drawn().values() if item.reasons == [Reason.CHANCE])
    left_out = next(answer for answer in many if answer.pk not in drawn())
    assert chosen.probability == pytest.approx(0.2, rel=0.01)
    for answer in (chosen.answer, left_out):
        Feedback.objects.create(answer=answer, value=Feedback.Value.DOWN)
    sample()
    assert {drawn()[answer.pk].probability for answer in (chosen.answer, left_out)} == {1.0}


def test_no_more_than_the_limit_of_a_day(world: World, many: list[Answer], settings) -> None:
    settings.ATTEST_REVIEW_DAILY = 10
    for answer in many[:30]:
        Feedback.objects.create(answer=answer, value=Feedback.Value.DOWN)
    sample()
    reasons = Counter(item.reasons[0] for item in drawn().values())
    assert reasons == {Reason.CHANCE: 5, Reason.THUMB_DOWN: 5}
    assert all(0 < (item.probability or 0) < 1 for item in drawn().values())


def test_the_limit_takes_back_what_nobody_has_opened_and_leaves_what_is_graded(world: World, settings) -> None:
    settings.ATTEST_REVIEW_DAILY = 2
    first = [answered_question(world.alice, f"First {at}?", world.document) for at in range(2)]
    Answer.objects.filter(pk=world.answer.pk).delete()
    sample()
    assert drawn().keys() == {each.pk for each in first}
    graded = drawn()[first[0].pk]
    grade(graded, world.bob)
    for at in range(40):
        answered_question(world.alice, f"Later {at}?", world.document)
    sample()
    graded.refresh_from_db()
    counted = ReviewItem.objects.exclude(probability=None).count()
    assert counted == 2
    assert graded.state == ReviewItem.State.DONE
    assert graded.probability is None or graded.probability < 1


def test_what_was_set_aside_is_not_taken_back(world: World, settings) -> None:
    item = queued(world.answer)
    open_item(item.pk, world.bob)
    set_aside(item.pk, world.bob, kind="skip", why="no_time")
    SamplingDay.objects.update(most=0)
    sample()
    item.refresh_from_db()
    assert item.probability is None


def test_failed_stopped_and_running_answers_and_old_days_are_left_alone(world: World, settings) -> None:
    Answer.objects.filter(pk=world.answer.pk).update(finished_at=timezone.now() - timedelta(days=OPEN_DAYS + 1))
    answered_question(world.alice, "It failed?", world.document, outcome=Outcome.FAILED)
    answered_question(world.alice, "It was stopped?", world.document, context={"stopped": True})
    answered_question(world.alice, "It is running?", world.document, outcome="", finished_at=None)
    sample()
    assert drawn() == {}


def test_a_changed_share_holds_from_the_next_day_on(world: World, many: list[Answer], settings) -> None:
    settings.ATTEST_REVIEW_SHARE = 0
    sample()
    settings.ATTEST_REVIEW_SHARE = 100
    sample()
    assert drawn() == {}
    assert SamplingDay.objects.get(day=timezone.localdate()).share == 0


def test_rates_come_from_the_weeks_before(world: World, many: list[Answer], settings) -> None:
    settings.ATTEST_REVIEW_SHARE = 10
    past = timezone.now() - timedelta(days=10)
    Answer.objects.filter(pk__in=[each.pk for each in many]).update(finished_at=past)
    Answer.objects.filter(pk__in=[each.pk for each in many[:4]]).update(outcome=Outcome.NOT_FOUND)
    sample()
    plan = SamplingDay.objects.get(day=timezone.localdate())
    place = f"|{world.team_source.pk}|{world.team.pk}"
    assert plan.rates[f"answered{place}"] < 0.1 < plan.rates[f"not_found{place}"] < plan.other


def test_a_share_of_them_is_graded_twice(world: World, many: list[Answer], settings) -> None:
    settings.ATTEST_REVIEW_SECOND_PERCENT = 50
    settings.ATTEST_REVIEW_DAILY = 1000
    sample()
    assert 15 <= ReviewItem.objects.filter(needs_second=True).count() <= 45


def test_a_conversation_that_is_deleted_takes_its_reviews_along(world: World) -> None:
    grade(queued(world.answer), world.bob)
    world.conversation.delete()
    assert drawn() == {}
