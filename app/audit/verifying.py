"""Proves the chain: every entry has the hash of its content, follows the one before it, and none is missing.

Entries are read in batches of the chain's own order, so the memory needed does not grow with them. The proof begins at
the genesis, or where older entries were removed, at the signed checkpoint that was made for the cut, of which an entry
must tell. Signed checkpoints of the table, or one kept elsewhere, show besides that the chain was not rewritten or
shortened as a whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Min

from app.audit.events import AUDIT_ENTRIES_REMOVED
from app.audit.hashing import GENESIS
from app.audit.models import AuditEvent, Checkpoint, Cut, Forwarding, Verification
from app.audit.signing import Statement, is_signed

BATCH = 2000
UNSIGNED = "bears no signature of ours: it was made up, or its key is not among ATTEST_AUDIT_KEYS any more."


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not fit. `entry` is the row's number, or none where the row is missing."""

    sequence: int
    entry: int | None
    what: str

    def __str__(self) -> str:
        row = f"row {self.entry}" if self.entry is not None else "no row"
        return f"Entry {self.sequence} ({row}): {self.what}"


@dataclass(slots=True)
class Proof:
    """`entries` that were proved, from behind `start` to `last`, and where the chain breaks, if it does."""

    start: int = 0
    entries: int = 0
    last: int = 0
    last_hash: str = GENESIS
    broken: Break | None = None
    checkpoints: int = 0
    waiting: int = 0
    oldest_waiting: datetime | None = None
    unmet: dict[int, list[Statement]] = field(default_factory=dict)


def verify(*, kept_elsewhere: Sequence[Statement] = (), batch: int = BATCH) -> Proof:
    """Walk the whole chain; `kept_elsewhere` are statements whose signatures were checked already."""
    while True:
        cut = _latest_cut()
        proof = _verified_once(kept_elsewhere, batch)
        if proof.broken is None or cut == _latest_cut():
            return proof
        # Old entries were removed while we read them.


def _latest_cut() -> int:
    return Cut.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0


def _verified_once(kept_elsewhere: Sequence[Statement], batch: int) -> Proof:
    proof, known = Proof(), _end_known()
    _read_checkpoints(proof, kept_elsewhere)
    if proof.broken is None:
        _begin(proof)
    if proof.broken is None:
        _walk(proof, batch)
    if proof.broken is None and proof.unmet:
        sequence = min(proof.unmet)
        proof.broken = Break(
            sequence, None, f"a checkpoint of {proof.unmet[sequence][0].made_at:%Y-%m-%d %H:%M} names it, but the "
            f"chain ends at {proof.last}: its end was cut off.",
        )  # fmt: skip
    if proof.broken is None and proof.last < known:
        proof.broken = Break(
            known, None, "it was there when the chain was last proved or forwarded, but the chain ends at "
            f"{proof.last}: its end was cut off.",
        )  # fmt: skip
    if proof.broken is None:
        proof.broken = _unannounced(proof.start)
    found = AuditEvent.objects.filter(sequence=None).aggregate(n=Count("pk"), oldest=Min("at"))
    proof.waiting, proof.oldest_waiting = found["n"], found["oldest"]
    return proof


def remember(proof: Proof) -> Verification:
    problem = str(proof.broken) if proof.broken else ""
    return Verification.objects.create(entries=proof.entries, last_sequence=proof.last, problem=problem)


def _read_checkpoints(proof: Proof, kept_elsewhere: Sequence[Statement]) -> None:
    """Only statements about entries that are still there can be met; those about removed ones lie before the cut."""
    for row in Checkpoint.objects.order_by("pk").iterator(chunk_size=BATCH):
        statement = Statement.of(row)
        if not is_signed(statement):
            proof.broken = Break(row.sequence, None, f"checkpoint {row.pk} {UNSIGNED}")
            return
        proof.unmet.setdefault(row.sequence, []).append(statement)
    for each in kept_elsewhere:
        proof.unmet.setdefault(each.sequence, []).append(each)


def _begin(proof: Proof) -> None:
    cut = Cut.objects.order_by("-sequence").first()
    if cut is not None:
        said = proof.unmet.get(cut.sequence, [])
        if not any(each.hash == cut.hash for each in said):
            proof.broken = Break(cut.sequence, None, "older entries were removed, but no signed checkpoint anchors it.")
            return
        proof.start, proof.last, proof.last_hash = cut.sequence, cut.sequence, cut.hash
    if any(each.hash != proof.last_hash for each in proof.unmet.get(proof.start, [])):
        proof.broken = Break(proof.start, None, "a signed checkpoint says another hash.")
        return
    for sequence in [each for each in proof.unmet if each <= proof.start]:
        # What a checkpoint said of entries that were removed by retention cannot be asked any more.
        del proof.unmet[sequence]


def _end_known() -> int:
    """How far the chain reached when it was last looked at. Between two checkpoints nothing else tells its length."""
    proved = Verification.objects.filter(problem="").aggregate(last=Max("last_sequence"))["last"]
    sent = Forwarding.objects.aggregate(last=Max("sequence"))["last"]
    return max(proved or 0, sent or 0)


def _unannounced(start: int) -> Break | None:
    """Whoever lets old entries go says so in the log, in the same transaction; that entry may still wait."""
    if not start or AuditEvent.objects.filter(action=AUDIT_ENTRIES_REMOVED, details__through=start).exists():
        return None
    return Break(start, None, "entries up to there were removed, and no entry tells of it.")


def _walk(proof: Proof, batch: int) -> None:
    for event in entries_after(proof.last, batch):
        proof.broken = _misfit(event, proof)
        if proof.broken is not None:
            return
        proof.last, proof.last_hash = event.sequence or 0, event.hash or ""
        proof.entries += 1
        proof.checkpoints += len(proof.unmet.pop(proof.last, []))


def _misfit(event: AuditEvent, proof: Proof) -> Break | None:
    sequence = event.sequence or 0
    if sequence != proof.last + 1:
        missing = f"{proof.last + 1}" if sequence == proof.last + 2 else f"{proof.last + 1} to {sequence - 1}"
        return Break(sequence, event.pk, f"the sequence has a gap before it: {missing} missing.")
    if event.previous_hash != proof.last_hash:
        return Break(sequence, event.pk, "it does not carry the hash of the entry before it.")
    if event.hash != event.computed_hash():
        return Break(sequence, event.pk, "its hash is not that of its content: it was changed.")
    if any(each.hash != event.hash for each in proof.unmet.get(sequence, [])):
        return Break(sequence, event.pk, "a signed checkpoint says another hash: the chain was rewritten.")
    return None


def entries_after(sequence: int, batch: int = BATCH) -> Iterator[AuditEvent]:
    """The chain behind that place, read batch by batch."""
    while True:
        rows = list(AuditEvent.objects.filter(sequence__gt=sequence).order_by("sequence")[:batch])
        yield from rows
        if len(rows) < batch:
            return
        sequence = rows[-1].sequence or 0
