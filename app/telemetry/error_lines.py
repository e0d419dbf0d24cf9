"""An error in a log line: its type, where it happened, and its words only when they are our own.

Other people's errors quote what they choke on: a row of the database, the body of a request, a line of a document.
"""

import sys
from collections.abc import MutableMapping
from typing import Any

from app.telemetry.places import places_of
from app.telemetry.scrubbing import is_ours


def format_error(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor in place of `format_exc_info`."""
    given = line.pop("exc_info", None)
    error = _error_in(given)
    if error is not None:
        line["exception"] = "\n".join([named(error), *places_of(error)])
    return line


def named(error: BaseException) -> str:
    kind = type(error)
    said = f": {error}" if is_ours(kind.__module__) else ""
    return f"{kind.__module__}.{kind.__qualname__}{said}"


def _error_in(given: Any) -> BaseException | None:
    """structlog is given True, an error, or what `sys.exc_info` returns."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if len(given) == 3 and isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None
