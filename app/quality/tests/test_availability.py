"""Whether answers fail right now: found within minutes, quiet otherwise, over when somebody got an answer."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.answers.models import Outcome, Question
from app.providers.endpoints import Kind, endpoints
from app.providers.errors import Unavailable
from app.quality.models import Signal
from app.quality.recording import watch_minutes
from app.quality.signal_acts import close
from app.quality.tests.histories import History

pytestmark = pytest.mark.django_db


@pytest.fixture
def history() -> History:
    return History(User.objects.create_user("mo@example.com"))


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def ended(history: History, outcome: str, now: datetime, *ago: int, **fields: Any) -> None:
    history.stored([(outcome, now - minutes(each)) for each in ago], **fields)


def found() -> list[str]:
    return list(Signal.objects.exclude(state="closed").values_list("figure", flat=True))


def test_answers_that_begin_to_fail_are_signalled_within_five_minutes(history: History, now: datetime) -> None:
    """One question a minute; all fail from a moment on, after an hour of good answers."""
    ended(history, Outcome.ANSWERED, now, *range(1, 60))
    for minute in range(8):
        ended(history, Outcome.FAILED, now + minutes(minute), 0)
        watch_minutes(now + minutes(minute) + timedelta(seconds=30))
        if found():
            break
    assert found() == ["failing"]
    assert minute <= 6
    signal = Signal.objects.get()
    assert (signal.kind, signal.severity) == ("availability", "P1")
    assert signal.evidence["bad"] == minute + 1
    assert signal.evidence["statistic"] > signal.evidence["threshold"] == 0.3
    assert len(signal.evidence["minutes"]) >= 60


def test_degraded_answers_count_unless_that_is_meant_so(history: History, now: datetime) -> None:
    ended(history, Outcome.DEGRADED, now, 1, 2, 3, 4, 5, error="BudgetSpent")
    ended(history, Outcome.FAILED, now, 1, 2, 3, 4, 5, context={"stopped": True}, stop_asked_at=now)
    watch_minutes(now)
    assert found() == []
    ended(history, Outcome.DEGRADED, now, *[1, 2, 3, 4, 5] * 2, error="Unavailable")
    watch_minutes(now)
    assert found() == ["failing"]


def test_a_failure_now_and_then_is_no_outage(history: History, now: datetime) -> None:
    """One in fifty fails, for a day of 40 answers an hour, looked at every minute."""
    rows = [
        (str(Outcome.FAILED if history.rng.random() < 0.02 else Outcome.ANSWERED), now + timedelta(seconds=90 * number))
        for number in range(960)
    ]
    history.stored(rows)
    for minute in range(10, 1440, 5):
        watch_minutes(now + minutes(minute))
    assert found() == []


def test_questions_that_nobody_answers_are_signalled(history: History, now: datetime) -> None:
    asked = [
        Question(conversation=history.conversation, text="?", created_at=now - minutes(each)) for each in (1, 2, 3)
    ]
    Question.objects.bulk_create(asked)
    watch_minutes(now)
    assert found() == []
    watch_minutes(now + minutes(2))
    assert found() == ["silence"]
    assert Signal.objects.get().evidence["n"] == 3


def test_one_answer_among_the_questions_is_no_silence(history: History, now: datetime) -> None:
    Question.objects.bulk_create(
        Question(conversation=history.conversation, text="?", created_at=now - minutes(4)) for _ in range(5)
    )
    ended(history, Outcome.ANSWERED, now, 4)
    watch_minutes(now)
    assert found() == []


def test_models_that_are_all_left_alone_are_signalled_after_two_minutes(settings: Any, now: datetime) -> None:
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:9/v1", "some-model"
    breaker = next(each.breaker for each in endpoints() if each.kind is Kind.CHAT)
    assert breaker is not None
    watch_minutes(now)
    assert found() == []
    for _ in range(5):
        breaker.failed(breaker.entered(), 1.0, Unavailable("It does not answer."))
    try:
        watch_minutes(now + minutes(1))
        assert found() == []
        watch_minutes(now + minutes(3))
        assert found() == ["models"]
        assert Signal.objects.get().evidence["reasons"] == ["It does not answer."]
    finally:
        breaker.close()
    watch_minutes(now + minutes(14))
    assert found() == []


def test_it_is_over_ten_minutes_later_if_somebody_got_an_answer(history: History, now: datetime) -> None:
    ended(history, Outcome.FAILED, now, 1, 2, 3, 4, 5, 6)
    watch_minutes(now)
    watch_minutes(now + minutes(3))
    assert Signal.objects.get().seen_at == now + minutes(3)
    watch_minutes(now + minutes(40))
    assert found() == ["failing"]  # nobody asked, so nobody knows
    ended(history, Outcome.ANSWERED, now + minutes(41), 0)
    watch_minutes(now + minutes(42))
    signal = Signal.objects.get()
    assert signal.state == "closed"
    assert signal.closed_by is None
    assert signal.back_at == signal.closed_at == now + minutes(42)


def test_closed_by_somebody_it_is_raised_again_only_after_it_was_over(history: History, now: datetime) -> None:
    ended(history, Outcome.FAILED, now, 1, 2, 3, 4, 5, 6)
    watch_minutes(now)
    close(Signal.objects.get().pk, history.user, note="Known.", is_usual_now=False)
    watch_minutes(now + minutes(1))
    assert found() == []
    ended(history, Outcome.ANSWERED, now + minutes(20), 1, 2)
    watch_minutes(now + minutes(20))
    ended(history, Outcome.FAILED, now + minutes(50), 1, 2, 3, 4, 5)
    watch_minutes(now + minutes(50))
    assert Signal.objects.count() == 2
    assert found() == ["failing"]
