"""How the audit trail stands: what waits for its place, when the chain was proved last, how far it was forwarded."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min

from app.audit.forwarding import lag, standing
from app.audit.models import AuditEvent, Checkpoint, Cut, Forwarding, Verification


@dataclass(frozen=True, slots=True)
class Standing:
    entries: int
    waiting: int
    oldest_waiting: datetime | None
    verification: Verification | None
    checkpoint: Checkpoint | None
    cut: Cut | None
    forwarding: Forwarding | None
    lag: int


def standing_now() -> Standing:
    last = AuditEvent.objects.filter(sequence__isnull=False).order_by("-sequence").values_list("sequence", flat=True)
    waiting = AuditEvent.objects.filter(sequence=None).aggregate(n=Count("pk"), oldest=Min("at"))
    return Standing(
        entries=last.first() or 0,
        waiting=waiting["n"],
        oldest_waiting=waiting["oldest"],
        verification=Verification.objects.order_by("-pk").first(),
        checkpoint=Checkpoint.objects.order_by("-pk").first(),
        cut=Cut.objects.order_by("-sequence").first(),
        forwarding=standing() if settings.ATTEST_AUDIT_FORWARD else None,
        lag=lag(),
    )
