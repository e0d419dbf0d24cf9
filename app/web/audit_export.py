"""Entries of the audit log as comma-separated values or JSON lines, batch by batch, however many they are."""

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from app.audit.models import AuditEvent
from app.audit.receivers import as_fields
from app.telemetry.threads import in_thread
from app.web.audit_page import Wanted, matching
from app.web.usage_export import written

BATCH = 2000
HEADINGS = (
    "sequence", "at", "actor", "actor_id", "action", "target", "result", "address", "request_id", "trace_id", "details",
    "before", "after", "format", "previous_hash", "hash",
)  # fmt: skip
AS_JSON = frozenset({"details", "before", "after"})
Writer = Callable[[Sequence[AuditEvent]], str]


async def export(wanted: Wanted, head: str, write: Writer) -> AsyncGenerator[str]:
    """The oldest entry first. What is recorded while it runs may be in it or not."""
    yield head
    last = 0
    while rows := await in_thread(batch, wanted, last):
        last = rows[-1].pk
        yield write(rows)


def batch(wanted: Wanted, after: int) -> list[AuditEvent]:
    return list(matching(wanted).filter(pk__gt=after).order_by("pk")[:BATCH])


def as_csv(rows: Sequence[AuditEvent]) -> str:
    return written(_cells(as_fields(row)) for row in rows)


def as_json_lines(rows: Sequence[AuditEvent]) -> str:
    return "".join(json.dumps(as_fields(row), ensure_ascii=False) + "\n" for row in rows)


def _cells(fields: dict[str, Any]) -> list[Any]:
    return [
        json.dumps(fields[name], ensure_ascii=False, sort_keys=True)
        if name in AS_JSON and fields[name] is not None
        else fields[name]
        for name in HEADINGS
    ]


FORMS: dict[str, tuple[str, str, Writer]] = {
    "csv": ("text/csv; charset=utf-8", written([HEADINGS]), as_csv),
    "jsonl": ("application/jsonl; charset=utf-8", "", as_json_lines),
}
