"""How long entries are kept, and what keeps them longer.

A chain can only be shortened at its beginning. So the first entry that a legal hold covers, or that has not reached the
receiver outside yet, ends what may be removed, whoever and whatever the entries behind it are about.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from app.audit import events
from app.audit.checkpoints import make_checkpoint
from app.audit.events import record_event
from app.audit.forwarding import sequence_received
from app.audit.models import AuditEvent, Cut, LegalHold

REMOVED_AT_ONCE = 5000


class HoldError(ValueError):
    """A legal hold cannot be made or lifted so; the message says why."""

    permanent = True


@transaction.atomic
def hold(actor: Any, scope: str, subject: str, reason: str, person_id: int | None = None) -> LegalHold:
    """Keep these entries until `lift`. Raises HoldError."""
    subject, reason = subject.strip(), reason.strip()
    if scope not in LegalHold.Scope.values:
        raise HoldError("Choose what is to be kept.")
    if (scope == LegalHold.Scope.ALL) != (not subject):
        raise HoldError("Name the person's e-mail or the object, or leave it out to keep everything.")
    if not reason:
        raise HoldError("Say why, so that others know when it may be lifted.")
    made = LegalHold.objects.create(
        scope=scope, subject=subject, person_id=person_id, reason=reason, made_by=actor.email if actor else "system"
    )
    record_event(
        actor, events.AUDIT_HOLD_MADE, f"audit_hold:{made.pk}", scope=scope, subject=subject, reason=reason
    )  # fmt: skip
    return made


@transaction.atomic
def lift(actor: Any, hold_id: int, reason: str) -> None:
    """Raises HoldError where there is no such hold, or no more."""
    found = LegalHold.objects.select_for_update().filter(pk=hold_id, lifted_at=None).first()
    if found is None:
        raise HoldError("That hold was lifted already.")
    if not reason.strip():
        raise HoldError("Say why it may be lifted.")
    found.lifted_by, found.lifted_at = actor.email if actor else "system", timezone.now()
    found.save(update_fields=["lifted_by", "lifted_at"])
    record_event(
        actor, events.AUDIT_HOLD_LIFTED, f"audit_hold:{found.pk}", scope=found.scope, subject=found.subject,
        reason=reason.strip(),
    )  # fmt: skip


def standing_holds() -> "QuerySet[LegalHold]":
    return LegalHold.objects.filter(lifted_at=None).order_by("pk")


def held_from() -> int | None:
    """The first place in the chain that a hold covers; none where none covers anything."""
    covered = Q(pk__in=[])
    for each in standing_holds():
        covered |= covered_by(each)
    return AuditEvent.objects.filter(covered, sequence__isnull=False).order_by("sequence").values_list(
        "sequence", flat=True
    ).first()  # fmt: skip


def covered_by(each: LegalHold) -> Q:
    """As the database's own guard of cuts decides it."""
    if each.scope == LegalHold.Scope.ALL:
        return Q(pk__gt=0)
    if each.scope == LegalHold.Scope.OBJECT:
        return Q(target=each.subject)
    person = Q(actor_label__iexact=each.subject)
    return (
        person if each.person_id is None else person | Q(actor_id=each.person_id) | Q(target=f"user:{each.person_id}")
    )


def may_be_cut_through() -> int:
    """The last place of the chain that retention may remove today; 0 for none."""
    if not settings.ATTEST_AUDIT_DAYS:
        return 0
    begin = timezone.now() - timedelta(days=settings.ATTEST_AUDIT_DAYS)
    chained = AuditEvent.objects.filter(sequence__isnull=False)
    # Entries of one moment may be chained in another order than they were made: the first young one decides.
    young = chained.filter(at__gte=begin).order_by("sequence").values_list("sequence", flat=True).first()
    last = chained.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    ends = [last - 1, *(each - 1 for each in (young, held_from()) if each is not None)]
    if settings.ATTEST_AUDIT_FORWARD:
        ends.append(sequence_received())
    return max(0, min(ends))


def remove_old() -> int:
    """Remove what is older than it is kept, in pieces; returns how many. What a killed run left is removed as well."""
    through, removed = may_be_cut_through(), 0
    if through and AuditEvent.objects.filter(sequence=through).exists() and not _is_cut(through):
        removed += _cut(through)
    while piece := _remove_piece(0):
        removed += piece
    return removed


@transaction.atomic
def _cut(through: int) -> int:
    make_checkpoint(through)
    removed = _remove_piece(through)
    record_event(None, events.AUDIT_ENTRIES_REMOVED, "audit", through=through, days=settings.ATTEST_AUDIT_DAYS)
    return removed


def _is_cut(through: int) -> bool:
    return Cut.objects.filter(sequence__gte=through).exists()


def _remove_piece(through: int) -> int:
    """Up to the last cut, which is made first if `through` lies behind it."""
    if not through and not Cut.objects.exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT attest_audit_cut(%s, %s)", [through, REMOVED_AT_ONCE])
        return int(cursor.fetchone()[0])
