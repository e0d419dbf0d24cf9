"""Figures of production: each answer counts once, in its day and slice, and a source is worse only beyond chance."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group
from django.db.models import F
from django.utils import timezone

from app.answers.models import Answer, AnswerSentence, CitationReport, Feedback, Outcome
from app.quality.counts import Counts, counts_by, tally
from app.quality.production import Production, production
from app.quality.shares import more_often
from app.quality.slices import ALL, Bucket, Slice, buckets
from app.quality.sources import LEAST_ANSWERS, sources_compared, worse_than_rest
from app.reviews.models import ReviewItem, Verdict
from app.reviews.rubric import newest
from app.tests.world import World, answered_question, make_world

if TYPE_CHECKING:
    from app.corpus.models import Document

TODAY = date(2026, 6, 10)
VERDICT = AnswerSentence.Verdict


@pytest.fixture
def world(db: None) -> World:
    made = make_world()
    Answer.objects.all().delete()
    return made


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def answer(world: World, day: date = TODAY, *, on: "Document | None" = None, **fields: object) -> Answer:
    values = {"finished_at": noon(day)} | fields
    return answered_question(world.alice, "How much?", on or world.document, **values)


def seen(slice_: Slice, first: date) -> Production:
    return production(slice_, first, TODAY, tally(first, TODAY, slice_.group_id))


def checked(answered: Answer, *verdicts: str) -> Answer:
    for ordinal, verdict in enumerate(verdicts):
        AnswerSentence.objects.create(
            answer=answered, ordinal=ordinal, start=0, end=1, verdict=verdict, support=0.5, markers=[1]
        )
    return answered


def graded(answered: Answer, probability: float = 0.5, **levels: int) -> ReviewItem:
    rubric = newest()
    item = ReviewItem.objects.create(
        answer=answered, day=answered.finished_at.date() if answered.finished_at else TODAY, reasons=["chance"],
        stratum="-", probability=probability, due_at=timezone.now(), state=ReviewItem.State.DONE,
    )  # fmt: skip
    Verdict.objects.create(
        item=item, round=Verdict.Round.FIRST, rubric_version=rubric.version, rubric_hash=rubric.hash,
        levels={each.name: each.best for each in rubric.criteria} | levels,
    )  # fmt: skip
    return item


def test_each_answer_counts_once_for_what_became_of_it(world: World) -> None:
    Feedback.objects.create(answer=answer(world), value="up")
    Feedback.objects.create(answer=answer(world, outcome=Outcome.NOT_FOUND), value="down")
    answer(world, outcome=Outcome.CAVEAT)
    answer(world, outcome=Outcome.CONFLICT)
    answer(world, outcome=Outcome.DEGRADED)
    answer(world, outcome=Outcome.REFUSED)
    checked(answer(world), VERDICT.SUPPORTED, VERDICT.SUPPORTED, VERDICT.NO_CLAIM)
    checked(answer(world), VERDICT.SUPPORTED, VERDICT.WEAK, VERDICT.UNSUPPORTED)
    checked(answer(world), VERDICT.NO_CLAIM)
    CitationReport.objects.create(citation=answer(world).citations.get())
    CitationReport.objects.create(citation=answer(world).citations.get(), finding="fine", settled_at=timezone.now())
    assert tally(TODAY, TODAY).total() == Counts(
        answers=11, not_found=1, caveat=1, conflict=1, degraded=1, refused=1, up=1, down=1, checked=2, supported=1,
        low_support=1, reported=1, troubled=3,
    )  # fmt: skip


def test_what_failed_or_was_stopped_counts_in_no_share(world: World) -> None:
    answer(world)
    answer(world, outcome=Outcome.FAILED)
    answer(world, context={"stopped": True}, stop_asked_at=timezone.now())
    found = seen(ALL, TODAY)
    assert (found.total.answers, found.failed) == (1, 1)


def test_days_begin_at_midnight_utc(world: World) -> None:
    answer(world, finished_at=datetime(2026, 6, 9, 23, 59, 59, tzinfo=UTC))
    answer(world, finished_at=datetime(2026, 6, 10, 0, 0, tzinfo=UTC))
    counted = tally(TODAY - timedelta(days=1), TODAY).by("day")
    assert {day: counts.answers for day, counts in counted.items()} == {date(2026, 6, 9): 1, TODAY: 1}


def test_a_slice_holds_what_belongs_to_it_and_nothing_else(world: World) -> None:
    answer(world, model="large", prompt_version="abc")
    answer(world, on=world.handbook)
    answered_question(world.charlie, "Leave?", world.handbook, finished_at=noon(TODAY), model="small")
    sizes = {
        Slice(): 3,
        Slice(source_id=world.team_source.pk): 1,
        Slice(source_id=world.handbook_source.pk): 2,
        Slice(group_id=world.team.pk): 2,
        Slice(model="large"): 1,
        Slice(model=""): 1,
        Slice(prompt_version="abc"): 1,
        Slice(source_id=world.handbook_source.pk, group_id=world.team.pk): 1,
    }
    assert {each: each.answers(TODAY, TODAY).count() for each in sizes} == sizes
    assert {each: tally(TODAY, TODAY, each.group_id).total(each).answers for each in sizes} == sizes


def test_who_is_in_two_groups_counts_once_in_each(world: World) -> None:
    other = Group.objects.create(name="other")
    world.alice.groups.add(other)
    answer(world)
    for group in (world.team, other):
        assert tally(TODAY, TODAY, group.pk).total().answers == 1
    assert tally(TODAY, TODAY).total().answers == 1


def test_an_answer_counts_for_the_source_that_was_found_first(world: World) -> None:
    answered = answer(world)
    evidence = answered.evidence.get()
    evidence.pk, evidence.rank, evidence.document = None, 2, world.handbook
    evidence.save()
    found = {each.source.name: each.counts.answers for each in sources_compared(tally(TODAY, TODAY))}
    assert found == {"Team files": 1, "Handbook": 0}


def test_graded_quality_follows_the_slice_and_the_day(world: World) -> None:
    graded(answer(world, model="large"))
    graded(answer(world, TODAY - timedelta(days=1), model="small"), correct=0)
    found = seen(ALL, TODAY - timedelta(days=1))
    assert [spell.quality.estimates["all"].value for spell in found.spells] == [0.0, 1.0]
    assert found.quality.estimates["correct"].value == 0.5
    only = seen(Slice(model="large"), TODAY - timedelta(days=1))
    assert (only.quality.estimates["all"].value, only.quality.graded) == (1.0, 1)


def test_a_share_has_the_interval_of_wilson() -> None:
    share = Counts(answers=10, not_found=1).share("not_found")
    assert share is not None
    assert (share.value, share.n) == (0.1, 10)
    # Newcombe 1998, by the formula of Wilson 1927.
    assert (share.low, share.high) == pytest.approx((0.0179, 0.4042), abs=5e-5)
    assert Counts(answers=10).share("helpful") is None


def test_a_long_span_is_shown_by_week(world: World) -> None:
    found = seen(ALL, TODAY - timedelta(days=89))
    assert found.by_week
    assert len(found.spells) == 14
    assert sum((spell.bucket.last - spell.bucket.first).days + 1 for spell in found.spells) == 90
    assert not seen(ALL, TODAY - timedelta(days=29)).by_week


def test_weeks_end_on_sunday_and_the_ends_are_cut() -> None:
    found = buckets(date(2026, 6, 3), date(2026, 6, 16), by_week=True)
    assert found == [
        Bucket(date(2026, 6, 3), date(2026, 6, 7)), Bucket(date(2026, 6, 8), date(2026, 6, 14)),
        Bucket(date(2026, 6, 15), date(2026, 6, 16)),
    ]  # fmt: skip


def test_choices_are_what_answers_were_made_with(world: World) -> None:
    answer(world, model="large", prompt_version="abc")
    answer(world, model="large", prompt_version="abc")
    answer(world)
    assert tally(TODAY, TODAY).most_used("model") == ("large", "")
    assert tally(TODAY, TODAY).most_used("prompt_version") == ("abc", "")


def test_the_exact_test_equals_tables() -> None:
    # Fisher's tea: 4 of 4 cups told rightly has 1 chance in 70, 3 or more of 4 has 17 in 70.
    assert more_often(4, 4, 0, 4) == pytest.approx(1 / 70)
    assert more_often(3, 4, 1, 4) == pytest.approx(17 / 70)
    assert more_often(0, 4, 4, 4) == 1.0
    assert more_often(0, 0, 3, 9) == 1.0


@pytest.mark.parametrize(
    ("part", "whole", "other", "others"), [(7, 40, 20, 400), (60, 600, 2500, 50_000), (3, 3, 1, 90)]
)
def test_the_exact_test_equals_a_reference(part: int, whole: int, other: int, others: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    table = [[part, whole - part], [other, others - other]]
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    assert more_often(part, whole, other, others) == pytest.approx(expected, rel=1e-9)


def test_a_source_with_three_answers_is_not_called_worst() -> None:
    counted = {1: Counts(answers=3, not_found=3), 2: Counts(answers=900, not_found=20)}
    assert worse_than_rest(counted)[1] == ()


def test_a_source_that_is_clearly_worse_is_and_says_by_what() -> None:
    counted = {
        1: Counts(answers=200, not_found=60, checked=100, low_support=3),
        2: Counts(answers=900, not_found=40, checked=500, low_support=15),
        3: Counts(answers=400, not_found=20, checked=300, low_support=8),
    }
    assert worse_than_rest(counted) == {1: ("not_found",), 2: (), 3: ()}


def test_alike_sources_are_seldom_called_worse() -> None:
    """By simulation: of 300 sets of five alike sources at most one in twenty may name any; the test is strict."""
    import numpy as np

    rng, alarms = np.random.default_rng(7), 0
    for _ in range(300):
        counted = {
            source: Counts(
                answers=200, not_found=int(rng.binomial(200, 0.1)), up=30, down=int(rng.binomial(30, 0.2)),
                checked=100, low_support=int(rng.binomial(100, 0.05)), reported=int(rng.binomial(200, 0.02)),
            )
            for source in range(5)
        }  # fmt: skip
        alarms += any(worse_than_rest(counted).values())
    assert alarms <= 300 * 0.05


def test_the_worse_source_comes_first_with_its_stale_documents(world: World) -> None:
    for number in range(LEAST_ANSWERS):
        answer(world, outcome=Outcome.NOT_FOUND if number % 2 else Outcome.ANSWERED)
        answer(world, on=world.handbook)
    world.document.valid_until = timezone.localdate() - timedelta(days=1)
    world.document.save()
    first, second = sources_compared(tally(TODAY, TODAY))
    assert (first.source, first.worse_by, first.stale, first.documents) == (world.team_source, ("not_found",), 1, 1)
    assert (second.source, second.worse_by, second.stale) == (world.handbook_source, (), 0)


def test_all_documents_of_a_source_that_is_late_are_stale(world: World) -> None:
    world.team_source.freshness_target = timedelta(hours=1)
    world.team_source.last_synced_at = timezone.now() - timedelta(hours=2)
    world.team_source.save()
    late = next(each for each in sources_compared(tally(TODAY, TODAY)) if each.source == world.team_source)
    assert (late.is_late, late.stale) == (True, 1)


def test_counting_takes_one_query_however_many_keys(world: World, django_assert_num_queries) -> None:
    for _ in range(3):
        answer(world)
    with django_assert_num_queries(1):
        assert len(counts_by(ALL.answers(TODAY, TODAY), answer=F("pk"))) == 3
