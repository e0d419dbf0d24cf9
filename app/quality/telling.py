"""Where other parts of the product learn that a signal of quality was raised or is over.

Both are sent once, after the change is stored, with `quality_signal`, the stored `app.quality.models.Signal`. A
receiver that fails is logged and keeps nothing from happening.
"""

from functools import partial

import structlog
from django.db import transaction
from django.dispatch import Signal as Dispatch

from app.quality.models import Signal

log = structlog.get_logger(__name__)
raised = Dispatch()
closed = Dispatch()


def tell_raised(signal: Signal) -> None:
    transaction.on_commit(partial(_tell, raised, signal, "quality_signal_raised"))


def tell_closed(signal: Signal) -> None:
    transaction.on_commit(partial(_tell, closed, signal, "quality_signal_closed"))


def _tell(dispatch: Dispatch, signal: Signal, event: str) -> None:
    log.warning(
        event, signal=signal.pk, kind=signal.kind, severity=signal.severity, figure=signal.figure, slice=signal.slice
    )
    for receiver, outcome in dispatch.send_robust(sender=Signal, quality_signal=signal):
        if isinstance(outcome, Exception):
            log.error("quality_signal_not_told", receiver=str(receiver), error=type(outcome).__name__)
