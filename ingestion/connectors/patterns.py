"""Which paths of a source are wanted, by patterns such as `*.pdf`, `archive/**` or `handbook/*/draft-*`.

A pattern without a slash names a file or a folder anywhere; with one, a path from the top. A folder
stands for all that is below it. Capital letters are the same as small ones.
"""

import re
from collections.abc import Iterable
from fnmatch import translate

from ingestion.connectors.globs import STARS, Glob


class Patterns:
    """Raises ValueError, with a sentence, for a pattern that means nothing."""

    def __init__(self, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> None:
        self._include = [_glob(each) for each in include if each.strip()]
        self._exclude = [_glob(each) for each in exclude if each.strip()]

    def admit(self, path: str) -> bool:
        parts = path.split("/")
        wanted = not self._include or any(pattern.names(parts) for pattern in self._include)
        return wanted and not any(pattern.names(parts) for pattern in self._exclude)

    def admit_folder(self, path: str) -> bool:
        """Whether anything below the folder can be wanted."""
        parts = path.split("/")
        return not any(pattern.names(parts) for pattern in self._exclude)


def _glob(pattern: str) -> Glob[str]:
    path = pattern.strip().strip("/")
    try:
        return Glob.of(path if "/" in pattern.strip().rstrip("/") else f"{STARS}/{path}", _part)
    except (ValueError, re.error) as error:
        raise ValueError(
            f"The pattern {pattern} cannot be read; write it like *.pdf, archive/** or handbook/*.md."
        ) from error


def _part(part: str) -> re.Pattern[str]:
    if STARS in part:
        raise ValueError("Two stars stand for folders, and so alone between slashes.")
    return re.compile(translate(part), re.IGNORECASE)
