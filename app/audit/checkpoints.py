"""Signed statements about the end of the chain, in a table and as files that can be kept elsewhere."""

import os
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from app.audit.models import AuditEvent, Checkpoint
from app.audit.signing import Statement, as_text, sign

log = structlog.get_logger(__name__)


def make_checkpoint(sequence: int | None = None) -> Checkpoint | None:
    """Of the last entry, or of that one. None while the chain is empty. The file is written once the row is there."""
    chained = AuditEvent.objects.filter(sequence__isnull=False).order_by("-sequence")
    event = (chained if sequence is None else chained.filter(sequence=sequence)).first()
    if event is None:
        return None
    # What retention removed counts: the sequence has no gaps, so it is the number of entries that there ever were.
    said = Statement(event.sequence or 0, event.hash or "", event.sequence or 0, timezone.now())
    signed = sign(said)
    row = Checkpoint.objects.create(
        made_at=signed.made_at, sequence=signed.sequence, hash=signed.hash, count=signed.count, key_id=signed.key_id,
        signature=signed.signature,
    )  # fmt: skip
    transaction.on_commit(lambda: _keep(signed))
    return row


def write_file(statement: Statement, folder: Path) -> Path:
    """Whole or not at all, also if the machine stops meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(statement)
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(as_text(statement))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def file_name(statement: Statement) -> str:
    return f"audit-{statement.sequence:012d}-{statement.made_at:%Y%m%dT%H%M%SZ}.json"


def _keep(statement: Statement) -> None:
    """A folder that cannot be written leaves the row, which the next verification reads as well."""
    try:
        write_file(statement, settings.ATTEST_AUDIT_CHECKPOINT_DIR)
    except OSError as error:
        log.error("audit_checkpoint_not_written", error=type(error).__name__)
