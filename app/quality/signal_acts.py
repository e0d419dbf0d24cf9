"""What people do about a signal: say that they look into it, close it, or say that the figure is meant to stay so.

Each act is audited. Raises SignalActError, with a sentence for the person, where it cannot be done any more.
"""

from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.audit.events import SIGNAL_ACKNOWLEDGED, SIGNAL_CLOSED, SIGNAL_TAKEN_AS_USUAL, record_event
from app.quality.models import Signal
from app.quality.telling import tell_closed


class SignalActError(Exception):
    """Somebody else was quicker, or the figure has come back by itself."""

    permanent = True


@transaction.atomic
def acknowledge(signal_id: int, actor: User) -> Signal:
    signal = _held(signal_id)
    if signal.state != Signal.State.OPEN:
        raise SignalActError("Nothing was changed: somebody looks into it already, or it is closed.")
    signal.state = Signal.State.ACKNOWLEDGED
    signal.acknowledged_at, signal.acknowledged_by = timezone.now(), actor
    signal.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
    record_event(actor, SIGNAL_ACKNOWLEDGED, f"signal:{signal.pk}")
    return signal


@transaction.atomic
def close(signal_id: int, actor: User, *, note: str, is_usual_now: bool) -> Signal:
    """The next one of this figure is raised once it has come back or, where it `is_usual_now`, gets worse still."""
    signal = _held(signal_id)
    if signal.is_closed:
        raise SignalActError("Nothing was changed: it is closed already.")
    signal.state, signal.closed_at, signal.closed_by = Signal.State.CLOSED, timezone.now(), actor
    signal.note, signal.is_usual_now = note, is_usual_now
    signal.save(update_fields=["state", "closed_at", "closed_by", "note", "is_usual_now"])
    record_event(actor, SIGNAL_CLOSED, f"signal:{signal.pk}", note=note, is_usual_now=is_usual_now)
    tell_closed(signal)
    return signal


@transaction.atomic
def take_as_usual(signal_id: int, actor: User) -> Signal:
    """For one that was closed and whose figure never came back."""
    signal = _held(signal_id)
    if not signal.is_closed or signal.is_over:
        raise SignalActError("Nothing was changed: it is not closed, or the figure is usual again.")
    signal.is_usual_now = True
    signal.save(update_fields=["is_usual_now"])
    record_event(actor, SIGNAL_TAKEN_AS_USUAL, f"signal:{signal.pk}")
    return signal


def _held(signal_id: int) -> Signal:
    return Signal.objects.select_for_update().get(pk=signal_id)
