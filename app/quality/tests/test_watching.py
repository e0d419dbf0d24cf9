"""Signals from rows as production stores them: found in time, quiet where nothing changes, closed when it is over."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from app.accounts.models import User
from app.answers.models import Answer, Outcome
from app.quality.models import Signal
from app.quality.signal_acts import close
from app.quality.tests.histories import BEGIN, History, leap, looked_on, moment, slope, steady
from app.quality.watching import Look
from app.reviews.models import Reason
from app.usage.models import UsageRecord

pytestmark = pytest.mark.django_db
CHANGE = 100


@pytest.fixture
def history() -> History:
    return History(User.objects.create_user("mo@example.com"))


def watched(days: Sequence[int]) -> list[Look]:
    return [look for number in days for look in looked_on(number)]


def first_found(figure: str, days: Sequence[int]) -> int:
    """The number of days between the change and the signal."""
    for number in days:
        watched([number])
        if Signal.objects.filter(figure=figure).exists():
            return number - CHANGE
    raise AssertionError(f"no signal of {figure}")


@pytest.mark.parametrize(
    ("figure", "before", "after", "within"),
    [("not_found", 0.12, 0.25, 10), ("caveat", 0.1, 0.2, 12), ("degraded", 0.02, 0.12, 6)],
)
def test_a_share_that_leaps_is_signalled_within_days(
    history: History, figure: str, before: float, after: float, within: int
) -> None:
    history.answers(range(130), 30, **{figure: leap(before, after, at=CHANGE)})
    delay = first_found(figure, range(CHANGE - 3, 130))
    signal = Signal.objects.get()
    assert 1 <= delay <= within
    assert (signal.kind, signal.severity, signal.state) == ("drop", "P2", "open")
    assert signal.before is not None
    assert signal.after is not None
    assert signal.before == pytest.approx(before, abs=0.03)
    assert signal.after > signal.before + 0.03
    assert abs((signal.first_day - BEGIN).days - CHANGE) <= 6
    evidence = signal.evidence
    assert evidence["test"] == "cusum"
    assert evidence["statistic"] > evidence["threshold"]
    assert evidence["days"][-1]["day"] == (BEGIN + timedelta(days=CHANGE + delay - 1)).isoformat()
    assert evidence["days"][-1]["n"] == 30


def test_thumbs_and_support_are_watched_too(history: History) -> None:
    answers = history.answers(range(120), 20)
    history.thumbs(answers, leap(0.1, 0.4, at=CHANGE))
    history.sentences(answers, leap(0.95, 0.7, at=CHANGE))
    assert first_found("unhelpful", range(CHANGE, 115)) <= 5
    assert first_found("supported", range(CHANGE, 115)) <= 7
    support = Signal.objects.get(figure="supported")
    assert support.before is not None
    assert support.after is not None
    assert support.after < support.before


def test_graded_quality_weighs_what_was_drawn(history: History) -> None:
    """Doubted answers are graded badly all the time, and stand for themselves alone."""
    answers = history.answers(range(140), 12)
    history.grades(answers[::2], leap(0.9, 0.6, at=CHANGE), probability=0.1)
    history.grades(answers[1::4], steady(0.1), reasons=[Reason.THUMB_DOWN])
    delay = first_found("graded", range(CHANGE, 140))
    signal = Signal.objects.get()
    assert delay <= 21
    assert signal.before == pytest.approx(0.88, abs=0.05)
    assert {each["n"] for each in signal.evidence["days"]} > {0}


def test_doubted_answers_that_are_graded_first_raise_nothing(history: History) -> None:
    answers = history.answers(range(CHANGE), 12)
    history.grades(answers[::2], steady(0.9), probability=0.1)
    later = history.answers(range(CHANGE, CHANGE + 20), 12)
    history.grades(later, steady(0.0), reasons=[Reason.THUMB_DOWN])
    watched([CHANGE + 20])
    assert not Signal.objects.exists()


def test_grades_below_the_floor_are_signalled(history: History, settings: Any) -> None:
    settings.ATTEST_SIGNAL_FLOOR_PERCENT = 80
    answers = history.answers(range(60), 12)
    history.grades(answers, steady(0.6))
    watched([60])
    signal = Signal.objects.get()
    assert (signal.kind, signal.figure, signal.evidence["test"], signal.before) == ("drop", "graded", "floor", 0.8)
    settings.ATTEST_SIGNAL_FLOOR_PERCENT = 0
    Signal.objects.all().delete()
    watched([60])
    assert not Signal.objects.exists()


def test_a_slow_decline_that_is_no_drop_is_signalled_after_eight_weeks(history: History, settings: Any) -> None:
    settings.ATTEST_SIGNAL_POINTS = 4
    history.answers(range(58), 200, not_found=slope(0.10, 0.15, at=0, over=56))
    watched([48])  # six whole weeks are not enough
    assert not Signal.objects.exists()
    watched([56, 57])  # the eighth week ended with day 55, and is judged the same all week
    signal = Signal.objects.get()
    assert (signal.kind, signal.severity, signal.figure) == ("decline", "P4", "not_found")
    assert signal.evidence["statistic"] < 0.005
    assert signal.before == pytest.approx(0.105, abs=0.01)
    assert signal.after == pytest.approx(0.144, abs=0.01)


def test_a_drop_needs_no_signal_of_decline_beside_it(history: History) -> None:
    history.answers(range(CHANGE + 40), 60, not_found=leap(0.05, 0.25, at=CHANGE))
    watched(range(CHANGE, CHANGE + 40))
    assert set(Signal.objects.values_list("kind", flat=True)) == {"drop"}


def test_a_cost_that_leaps_is_signalled_the_next_day_by_model(history: History) -> None:
    history.costs(range(60), 20, leap(0.05, 0.2, at=50))
    history.costs(range(60), 20, steady(0.01), model="small")
    watched([50])
    assert not Signal.objects.exists()
    watched([51])
    keys = set(Signal.objects.values_list("kind", "figure", "slice"))
    assert keys == {
        ("cost", "cost_answer", ""), ("cost", "cost_answer", "large"),
        ("cost", "cost_day", ""), ("cost", "cost_day", "large"),
    }  # fmt: skip
    signal = Signal.objects.get(figure="cost_answer", slice="large")
    assert signal.severity == "P3"
    assert signal.before == pytest.approx(0.05, rel=0.2)
    assert signal.after == pytest.approx(0.2, rel=0.3)


def test_little_money_is_no_anomaly(history: History) -> None:
    history.costs(range(60), 20, leap(0.001, 0.01, at=50))
    watched(range(51, 60))
    assert not Signal.objects.exists()


def test_weekends_are_compared_with_weekends(history: History) -> None:
    history.costs([day for day in range(70) if day % 7 < 5], 40, steady(0.5))
    history.costs([day for day in range(70) if day % 7 >= 5], 4, steady(0.5))
    watched(range(50, 70))
    assert not Signal.objects.exists()
    history.costs([75], 40, steady(0.5))  # a Saturday like a working day
    watched([76])
    assert set(Signal.objects.values_list("figure", flat=True)) == {"cost_day"}


def test_quiet_histories_raise_no_more_than_stated() -> None:
    """Three figures of three histories for seven weeks each: 1.2 years, of which one false drop a year is stated."""
    raised = 0
    for seed in range(3):
        history = History(User.objects.create_user(f"quiet{seed}@example.com"), seed=seed)
        history.answers(range(110), 20, not_found=steady(0.12), caveat=steady(0.1), degraded=steady(0.02))
        history.costs(range(110), 3, steady(0.5))
        watched(range(60, 110, 2))
        raised += Signal.objects.count()
        Signal.objects.all().delete()
        Answer.objects.all().delete()
        UsageRecord.objects.all().delete()
    assert raised <= 3


def test_days_without_answers_count_for_nothing(history: History) -> None:
    working_days = [day for day in range(130) if day % 7 < 5 and not 80 <= day < 94]
    history.answers(working_days, 30, not_found=leap(0.12, 0.3, at=CHANGE))
    watched(range(80, CHANGE))
    assert not Signal.objects.exists()
    assert first_found("not_found", range(CHANGE, 120)) <= 10
    empty = [each for each in Signal.objects.get().evidence["days"] if each["n"] == 0]
    assert empty
    assert all(each["value"] is None for each in empty)


def test_a_day_that_is_not_over_is_never_judged(history: History) -> None:
    history.answers(range(CHANGE), 30, not_found=steady(0.1))
    history.answers([CHANGE], 300, not_found=steady(0.95))
    looked_on(CHANGE, minute=23 * 60 + 50)
    assert not Signal.objects.exists()
    watched([CHANGE + 1])
    assert Signal.objects.get().figure == "not_found"


def test_before_there_is_something_to_compare_with_nothing_is_said(history: History) -> None:
    history.answers(range(25), 30, not_found=leap(0.1, 0.9, at=15))
    watched(range(1, 26))
    assert not Signal.objects.exists()


def test_a_signal_lasts_is_closed_by_itself_and_comes_again(history: History) -> None:
    level = leap(0.1, 0.3, at=CHANGE, until=CHANGE + 25)
    again = CHANGE + 60
    history.answers(range(CHANGE + 75), 30, not_found=lambda number: 0.3 if number >= again else level(number))
    watched(range(CHANGE, CHANGE + 25))
    signal = Signal.objects.get()
    assert signal.state == "open"
    assert signal.seen_at.date() == BEGIN + timedelta(days=CHANGE + 24)
    assert signal.after == pytest.approx(0.3, abs=0.05)
    watched(range(CHANGE + 25, again))
    signal.refresh_from_db()
    assert signal.state == "closed"
    assert signal.closed_by is None
    assert signal.closed_at == signal.back_at
    assert signal.back_at is not None
    assert 5 <= (signal.back_at.date() - BEGIN).days - (CHANGE + 25) <= 20
    assert Signal.objects.count() == 1
    watched(range(again, again + 15))
    assert Signal.objects.count() == 2
    assert Signal.objects.latest("raised_at").before == pytest.approx(0.1, abs=0.03)


def test_what_somebody_closed_is_not_raised_again_before_it_was_over(history: History) -> None:
    history.answers(range(CHANGE + 50), 30, not_found=leap(0.1, 0.3, at=CHANGE, until=CHANGE + 30))
    watched(range(CHANGE, CHANGE + 12))
    close(Signal.objects.get().pk, history.user, note="A source is away.", is_usual_now=False)
    watched(range(CHANGE + 12, CHANGE + 30))
    assert Signal.objects.get().back_at is None
    watched(range(CHANGE + 30, CHANGE + 50))
    signal = Signal.objects.get()
    assert signal.back_at is not None
    assert signal.closed_by == history.user
    assert signal.is_over


def test_what_is_usual_now_is_learnt_anew_and_a_further_fall_is_seen(history: History) -> None:
    share = leap(0.1, 0.3, at=CHANGE)
    worse = CHANGE + 60
    history.answers(range(worse + 15), 30, not_found=lambda number: 0.55 if number >= worse else share(number))
    watched(range(CHANGE, CHANGE + 12))
    closed = close(Signal.objects.get().pk, history.user, note="The old wiki went.", is_usual_now=True)
    Signal.objects.filter(pk=closed.pk).update(closed_at=moment(CHANGE + 12, 600))
    watched(range(CHANGE + 13, worse))
    assert Signal.objects.count() == 1
    watched(range(worse, worse + 15))
    assert Signal.objects.count() == 2
    assert Signal.objects.latest("raised_at").before == pytest.approx(0.3, abs=0.04)


def test_a_cost_is_over_after_three_usual_days(history: History) -> None:
    history.costs(range(70), 20, leap(0.05, 0.2, at=50, until=52))
    watched(range(51, 70))
    signal = Signal.objects.get(figure="cost_answer", slice="")
    assert signal.state == "closed"
    assert signal.back_at is not None
    assert 2 <= (signal.back_at.date() - BEGIN).days - 52 <= 4


def test_stopped_and_failed_answers_say_nothing(history: History) -> None:
    history.answers(range(CHANGE), 30, not_found=steady(0.1))
    rows = [(Outcome.NOT_FOUND, moment(CHANGE, minute)) for minute in range(200)]
    history.stored(rows, context={"stopped": True}, stop_asked_at=moment(CHANGE, 1))
    history.stored([(Outcome.FAILED, moment(CHANGE, minute)) for minute in range(200)])
    watched([CHANGE + 1])
    assert not Signal.objects.exists()
