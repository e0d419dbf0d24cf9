"""Why a document could not be ingested: one error, a short list of reasons, and a sentence that tells an
admin what to do.
"""

from __future__ import annotations

from enum import StrEnum


class FailureReason(StrEnum):
    """The reasons a document failed, as stored, counted and shown."""

    ENCRYPTED = "encrypted"
    SCANNED = "scanned"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    CORRUPT = "corrupt"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    UNREADABLE = "unreadable"
    MODEL_UNAVAILABLE = "model_unavailable"
    INTERNAL = "internal"

    @property
    def is_permanent(self) -> bool:
        """Whether the same bytes will fail in the same way again, so that only a person can help."""
        return self in _PERMANENT


_PERMANENT = frozenset(
    {
        FailureReason.ENCRYPTED,
        FailureReason.SCANNED,
        FailureReason.EMPTY,
        FailureReason.TOO_LARGE,
        FailureReason.UNSUPPORTED,
        FailureReason.CORRUPT,
    }
)


class IngestionError(Exception):
    """A document that cannot be ingested; `message` is a plain sentence for an admin, `permanent` forbids
    retrying.
    """

    def __init__(self, reason: FailureReason, message: str, *, permanent: bool | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.permanent = reason.is_permanent if permanent is None else permanent

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the keyword argument when the error travels between processes."""
        return _rebuild, (self.reason, self.message, self.permanent)


def _rebuild(reason: FailureReason, message: str, permanent: bool) -> IngestionError:
    return IngestionError(reason, message, permanent=permanent)
