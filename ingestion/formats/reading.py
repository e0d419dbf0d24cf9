"""What one reader of a format returns, and the errors that readers share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ingestion.documents import Block, LeftOut
from ingestion.errors import FailureReason, IngestionError


@dataclass(frozen=True, slots=True)
class Reading:
    """The blocks of one file with what its metadata says; an empty title means that the file names none.

    `titled_by_heading` is False where the first heading is not what the whole file is about, such as a
    sheet's name.
    """

    blocks: tuple[Block, ...]
    title: str = ""
    page_count: int | None = None
    warnings: tuple[str, ...] = ()
    modified_at: datetime | None = None
    titled_by_heading: bool = True
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)
    pictures: int = 0
    recognised_pages: int = 0


def together(readings: Iterable[Reading]) -> Reading:
    """Several readings as one; title, pages and date are the caller's affair."""
    kept = list(readings)
    left_out: Counter[LeftOut] = Counter()
    for reading in kept:
        left_out.update(reading.left_out)
    return Reading(
        blocks=tuple(block for reading in kept for block in reading.blocks),
        warnings=tuple(warning for reading in kept for warning in reading.warnings),
        left_out=left_out,
        pictures=sum(reading.pictures for reading in kept),
        recognised_pages=sum(reading.recognised_pages for reading in kept),
    )


def corrupt(what: str) -> IngestionError:
    """The file is damaged or cut off."""
    return IngestionError(
        FailureReason.CORRUPT,
        f"This {what} is damaged or incomplete. Open it in the program it came from, save it again and "
        f"upload the new copy.",
    )


def encrypted(what: str) -> IngestionError:
    """The file asks for a password."""
    return IngestionError(
        FailureReason.ENCRYPTED,
        f"This {what} is protected with a password. Save a copy without the password and upload that.",
    )


def unsupported(message: str) -> IngestionError:
    """The file is of a kind that is not read; `message` says what to do instead."""
    return IngestionError(FailureReason.UNSUPPORTED, message)


def too_large(message: str) -> IngestionError:
    """The file is larger than is read; `message` says what to do instead."""
    return IngestionError(FailureReason.TOO_LARGE, message)
