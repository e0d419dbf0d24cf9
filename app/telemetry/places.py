"""Where an error happened, without what it says: its words may quote a password or a document."""

import traceback

MOST_CAUSES = 5


def places_of(error: BaseException) -> list[str]:
    """File, line and function of each call that led to the error, the outermost first; then those of its causes."""
    found, each = _frames(error), error.__cause__ or error.__context__
    for _ in range(MOST_CAUSES):
        if each is None:
            break
        found += [f"after {type(each).__name__}", *_frames(each)]
        each = each.__cause__ or each.__context__
    return found


def _frames(error: BaseException) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
