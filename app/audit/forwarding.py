"""Sends entries to a receiver outside, in the chain's order, each at least once.

How far it came is a row of the database, moved on only when the receiver has taken a batch. While the receiver is down
nothing is lost and nobody waits: entries stay where they are, and tries grow rarer up to some minutes.
"""

import time
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from app.audit.models import AuditEvent, Forwarding
from app.audit.receivers import Receiver, ReceiverError, receiver_at
from app.telemetry.metrics import AUDIT_FORWARD_FAILURES

log = structlog.get_logger(__name__)
FORWARD_LOCK = 7_201_002
BATCH = 500
LONGEST_PAUSE_S = 300.0


def forward(*, seconds: float = 30.0) -> int:
    """How many entries the receiver took now. Nothing where none is configured, or while a pause lasts."""
    if not settings.ATTEST_AUDIT_FORWARD:
        return 0
    deadline, sent = time.monotonic() + seconds, 0
    receiver = configured_receiver()
    while time.monotonic() < deadline:
        taken = forward_batch(receiver)
        sent += taken
        if taken < BATCH:
            break
    return sent


@transaction.atomic
def forward_batch(receiver: Receiver) -> int:
    """One process sends at a time: the lock is held until the row is moved on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FORWARD_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    state = standing()
    if state.next_try_at is not None and state.next_try_at > timezone.now():
        return 0
    chained = AuditEvent.objects.filter(sequence__gt=state.sequence)
    entries = list(chained.order_by("sequence")[:BATCH])
    if not entries:
        return 0
    try:
        receiver.send(entries)
    except ReceiverError as error:
        _failed(state, str(error))
        return 0
    state.sequence, state.sent_at = entries[-1].sequence or 0, timezone.now()
    state.failures, state.next_try_at, state.error = 0, None, ""
    state.save()
    return len(entries)


def standing() -> Forwarding:
    """The row of the receiver that is configured now. A new receiver gets every entry that is still there."""
    found, _ = Forwarding.objects.get_or_create(receiver=receiver_name())
    return found


def sequence_received() -> int:
    """The last place of the chain that the receiver has."""
    return standing().sequence


def lag() -> int:
    """How many chained entries the receiver does not have yet."""
    if not settings.ATTEST_AUDIT_FORWARD:
        return 0
    return AuditEvent.objects.filter(sequence__gt=sequence_received()).count()


def receiver_name() -> str:
    """The address without a password or a query, which may be a secret."""
    parts = urlsplit(settings.ATTEST_AUDIT_FORWARD)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:254]


def configured_receiver() -> Receiver:
    return receiver_at(
        settings.ATTEST_AUDIT_FORWARD, token=settings.ATTEST_AUDIT_FORWARD_TOKEN,
        hmac_key=settings.ATTEST_AUDIT_FORWARD_HMAC_KEY, ca_file=settings.ATTEST_AUDIT_FORWARD_CA,
    )  # fmt: skip


def _failed(state: Forwarding, why: str) -> None:
    AUDIT_FORWARD_FAILURES.inc()
    state.failures += 1
    pause = min(LONGEST_PAUSE_S, 2.0 ** min(state.failures, 16))
    state.next_try_at, state.error = timezone.now() + timedelta(seconds=pause), why[:254]
    state.save()
    log.warning("audit_not_forwarded", failures=state.failures, error=why)
