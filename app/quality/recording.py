"""Writes down what the looks found: each signal once, updated while it lasts, closed when the figure has come back.

Looks are made and written under one lock, so that two workers at once record one signal. Doing it again changes nothing
but the moment at which a signal was last seen.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from app.quality.availability import minute_looks
from app.quality.models import Signal
from app.quality.telling import tell_closed, tell_raised
from app.quality.watching import Look, daily_looks

DAILY_LOCK, MINUTE_LOCK = 7_408, 7_409


def watch_days(now: datetime | None = None) -> list[Look]:
    """The daily tests, over days that are over."""
    moment = now or timezone.now()
    return _watch(DAILY_LOCK, lambda: daily_looks(timezone.localdate(moment)), moment)


def watch_minutes(now: datetime | None = None) -> list[Look]:
    """Whether answers fail right now."""
    moment = now or timezone.now()
    return _watch(MINUTE_LOCK, lambda: minute_looks(moment), moment)


@transaction.atomic
def _watch(lock: int, looks: Callable[[], Iterable[Look]], now: datetime) -> list[Look]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
    found = list(looks())
    for look in found:
        if look.is_found or look.is_back:
            _settle(look, now)
    return found


def _settle(look: Look, now: datetime) -> None:
    kind, figure, part = look.key
    rows = Signal.objects.select_for_update().filter(kind=kind, figure=figure, slice=part)
    last = rows.order_by("-raised_at", "-pk").first()
    if last is None or last.is_over:
        if look.is_found:
            _raise(look, now)
    elif look.is_back:
        _end(last, look, now)
    else:
        _update(last, look, now)


def _raise(look: Look, now: datetime) -> None:
    kind, figure, part = look.key
    signal = Signal.objects.create(
        kind=kind, figure=figure, slice=part, first_day=look.first_day or now.date(), raised_at=now, seen_at=now,
        before=look.before, after=look.after, evidence=dict(look.evidence),
    )  # fmt: skip
    tell_raised(signal)


def _update(signal: Signal, look: Look, now: datetime) -> None:
    """What somebody closed keeps what it showed then."""
    signal.seen_at = now
    if not signal.is_closed:
        signal.after, signal.evidence = look.after, dict(look.evidence)
    signal.save(update_fields=["seen_at", "after", "evidence"])


def _end(signal: Signal, look: Look, now: datetime) -> None:
    """One that somebody closed is only noted to be over, so that the next one may be raised."""
    signal.back_at = now
    if not signal.is_closed:
        signal.state, signal.closed_at = Signal.State.CLOSED, now
        signal.evidence = dict(look.evidence)
        tell_closed(signal)
    signal.save(update_fields=["back_at", "state", "closed_at", "evidence"])
