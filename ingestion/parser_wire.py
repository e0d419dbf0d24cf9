"""How a worker and its parser process talk: frames of a length, a JSON head and raw bytes.

JSON rather than pickle, because the process that reads strangers' files must not be able to run code in the
worker.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ingestion.documents import Block, BlockKind, LeftOut, ParsedDocument
from ingestion.errors import FailureReason, IngestionError

FRAME = struct.Struct("!QQ")
# The exit status by which a parser process says that it ran out of memory.
OUT_OF_MEMORY_EXIT = 86


def frame(head: dict[str, Any], body: bytes = b"") -> bytes:
    """Return one message as it travels."""
    encoded = json.dumps(head).encode("ascii")
    return FRAME.pack(len(encoded), len(body)) + encoded + body


def document_head(document: ParsedDocument) -> dict[str, Any]:
    """Return a parsed document as plain JSON values."""
    head = asdict(document)
    head["blocks"] = [[block.kind, block.text, block.level, block.page, block.rows] for block in document.blocks]
    head["left_out"] = dict(document.left_out)
    head["modified_at"] = document.modified_at.isoformat() if document.modified_at else None
    return {"document": head}


def error_head(error: IngestionError) -> dict[str, Any]:
    """Return an error as plain JSON values."""
    return {"error": {"reason": error.reason, "message": error.message, "permanent": error.permanent}}


def result(head: dict[str, Any]) -> ParsedDocument:
    """Return the document that a message carries, or raise its error."""
    if "error" in head:
        error = head["error"]
        raise IngestionError(FailureReason(error["reason"]), error["message"], permanent=error["permanent"])
    document = head["document"]
    return ParsedDocument(
        title=document["title"],
        blocks=tuple(_block(*fields) for fields in document["blocks"]),
        mime_type=document["mime_type"],
        page_count=document["page_count"],
        warnings=tuple(document["warnings"]),
        modified_at=datetime.fromisoformat(document["modified_at"]) if document["modified_at"] else None,
        left_out={LeftOut(kind): count for kind, count in document["left_out"].items()},
        pictures=document["pictures"],
        recognised_pages=document["recognised_pages"],
    )


def _block(kind: str, text: str, level: int, page: int | None, rows: list[list[str]]) -> Block:
    return Block(BlockKind(kind), text, level, page, tuple(tuple(row) for row in rows))
