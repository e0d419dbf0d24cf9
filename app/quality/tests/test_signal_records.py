"""A signal is recorded once, told once, and what people do about it is audited."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connections, transaction

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.env import ConfigurationError, Env
from app.quality import tasks, telling
from app.quality.models import Signal
from app.quality.recording import watch_days, watch_minutes
from app.quality.signal_acts import SignalActError, acknowledge, close, take_as_usual
from app.quality.tests.histories import BEGIN, History, leap, looked_on, moment

CHANGE = 60
DUE = CHANGE + 12
MANY = 4


@pytest.fixture
def told() -> Any:
    """What receivers of the two signals of Django were given."""
    heard: list[tuple[str, int, str]] = []

    def on_raised(quality_signal: Signal, **_: Any) -> None:
        heard.append(("raised", quality_signal.pk, quality_signal.state))

    def on_closed(quality_signal: Signal, **_: Any) -> None:
        heard.append(("closed", quality_signal.pk, quality_signal.state))

    telling.raised.connect(on_raised)
    telling.closed.connect(on_closed)
    yield heard
    telling.raised.disconnect(on_raised)
    telling.closed.disconnect(on_closed)


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_record_one_signal_and_tell_it_once(told: list[tuple[str, int, str]]) -> None:
    history = History(User.objects.create_user("mo@example.com"))
    history.answers(range(DUE), 20, not_found=leap(0.1, 0.5, at=CHANGE))
    begin = Barrier(MANY)

    def one(_: int) -> None:
        try:
            begin.wait()
            watch_days(moment(DUE, 20))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(MANY) as threads:
        list(threads.map(one, range(MANY)))
    signal = Signal.objects.get()
    assert told == [("raised", signal.pk, "open")]
    close(signal.pk, history.user, note="", is_usual_now=False)
    assert told[1:] == [("closed", signal.pk, "closed")]


@pytest.fixture
def signal(db: None) -> Signal:
    return Signal.objects.create(kind="drop", figure="not_found", first_day=BEGIN, before=0.1, after=0.3)


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_user("olga@example.com")


def test_a_figure_has_one_signal_that_stands(signal: Signal) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Signal.objects.create(kind="drop", figure="not_found", first_day=BEGIN)
    Signal.objects.create(kind="drop", figure="not_found", slice="other", first_day=BEGIN)
    with pytest.raises(IntegrityError), transaction.atomic():
        Signal.objects.filter(pk=signal.pk).update(state="closed")


def test_what_people_do_is_audited_and_done_once(signal: Signal, olga: User) -> None:
    assert acknowledge(signal.pk, olga).acknowledged_by == olga
    with pytest.raises(SignalActError, match="looks into it already"):
        acknowledge(signal.pk, olga)
    with pytest.raises(SignalActError, match="not closed"):
        take_as_usual(signal.pk, olga)
    close(signal.pk, olga, note="A source was away.", is_usual_now=False)
    with pytest.raises(SignalActError, match="closed already"):
        close(signal.pk, olga, note="", is_usual_now=True)
    assert not Signal.objects.get().is_over
    assert take_as_usual(signal.pk, olga).is_over
    with pytest.raises(SignalActError):
        take_as_usual(signal.pk, olga)
    acts = AuditEvent.objects.filter(target=f"signal:{signal.pk}").order_by("pk")
    assert [each.action for each in acts] == ["signal_acknowledged", "signal_closed", "signal_taken_as_usual"]
    assert acts[1].details == {"note": "A source was away.", "is_usual_now": False}


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_fails_keeps_nothing_from_being_recorded() -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError

    telling.raised.connect(broken)
    try:
        history = History(User.objects.create_user("mo@example.com"))
        history.answers(range(DUE), 20, not_found=leap(0.1, 0.5, at=CHANGE))
        looked_on(DUE)
    finally:
        telling.raised.disconnect(broken)
    assert Signal.objects.count() == 1


@pytest.mark.django_db
def test_an_empty_product_raises_nothing_and_the_command_says_what_each_test_says() -> None:
    tasks.watch_days()
    tasks.watch_minutes()
    assert watch_minutes()
    out = StringIO()
    call_command("signals", stdout=out)
    lines = out.getvalue().splitlines()
    assert sum(line.endswith("no figures yet") for line in lines) == len(lines) - 2
    for figure in ("failing", "silence", "models", "graded", "unhelpful", "not_found", "supported", "cost_day"):
        assert figure in out.getvalue()
    assert lines[-1].startswith("0 open.")


@pytest.mark.django_db
def test_the_command_names_what_it_found() -> None:
    """Ended lately, as the command looks at today."""
    from django.utils import timezone

    history = History(User.objects.create_user("mo@example.com"))
    offset = (timezone.localdate() - BEGIN).days
    history.answers(range(offset - 80, offset), 20, not_found=leap(0.1, 0.5, at=offset - 12))
    out = StringIO()
    call_command("signals", stdout=out)
    line = next(each for each in out.getvalue().splitlines() if "drop" in each and "not_found" in each)
    assert line.startswith("P2")
    assert line.endswith("found")
    assert "1 open." in out.getvalue()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ATTEST_SIGNAL_POINTS", "0", "0.5"),
        ("ATTEST_SIGNAL_FAILING_PERCENT", "100", "95"),
        ("ATTEST_SIGNAL_USD", "x", "number"),
    ],
)
def test_a_wrong_threshold_is_refused_with_a_sentence(name: str, value: str, says: str) -> None:
    bounds = {
        "ATTEST_SIGNAL_POINTS": (0.5, 50),
        "ATTEST_SIGNAL_FAILING_PERCENT": (1, 95),
        "ATTEST_SIGNAL_USD": (0, 1e6),
    }
    low, high = bounds[name]
    with pytest.raises(ConfigurationError, match=rf"{name}.*{says}"):
        Env({name: value}).float(name, 1.0, min=low, max=high)
