"""The hash of an entry, over every field of it and the hash of the entry before: pure, and fixed for each format.

A format is never changed, only followed by another: entries keep the hash that they were given.
"""

import hashlib
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.audit.models import AuditEvent

GENESIS = "0" * 64
FIRST_FORMAT = 1
FORMAT = 2


def entry_hash(event: "AuditEvent", sequence: int, previous_hash: str) -> str:
    """SHA-256 of canonical JSON, as 64 hexadecimal digits, for an entry at that place of the chain."""
    body = _first_body(event, previous_hash) if event.format == FIRST_FORMAT else _body(event, sequence, previous_hash)
    return hashlib.sha256(body.encode()).hexdigest()


def _body(event: "AuditEvent", sequence: int, previous_hash: str) -> str:
    fields: list[Any] = [
        event.format, sequence, previous_hash, event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.actor_id, event.actor_label, event.action, event.target, event.result, event.address,
        event.request_id, event.trace_id, event.details, event.before, event.after,
    ]  # fmt: skip
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def _first_body(event: "AuditEvent", previous_hash: str) -> str:
    """Entries of the first format knew no more fields; any others must be empty, or they were added later."""
    fields: list[Any] = [
        previous_hash, event.at.astimezone(UTC).isoformat(), event.actor_id, event.actor_label,
        event.action, event.target, event.details, event.request_id,
    ]  # fmt: skip
    later = [event.address, event.trace_id, event.before, event.after, event.result == "ok"]
    if later != ["", "", None, None, True]:
        fields.append(later)
    return json.dumps(fields, sort_keys=True)
