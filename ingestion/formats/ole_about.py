"""Title and date of an Office file from before 2007."""

from __future__ import annotations

from datetime import UTC, datetime

import olefile

from ingestion.formats.decoding import decode
from ingestion.formats.office import given_title


def about(container: olefile.OleFileIO) -> tuple[str, datetime | None]:
    """What the file's properties say; a damaged property set says nothing."""
    found = container.get_metadata()
    title = given_title(decode(found.title)) if isinstance(found.title, bytes) else ""
    saved = found.last_saved_time
    return title, saved.replace(tzinfo=UTC) if isinstance(saved, datetime) else None
