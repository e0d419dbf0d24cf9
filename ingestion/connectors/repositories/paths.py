"""Which paths of a repository are wanted, by patterns in the language of .gitignore, and how a path is written down."""

import re
from collections.abc import Collection

from dulwich import wildmatch

from ingestion.connectors.globs import STARS, Glob

ANY = b"[^/]*"


class Chosen:
    """The paths that match one of `include`, or anything where that is empty, and none of `exclude`.

    A hidden file, or one in a hidden folder, is never among them.
    """

    def __init__(self, include: Collection[str], exclude: Collection[str]) -> None:
        self._include = [glob for pattern in include for glob in globs(pattern)]
        self._exclude = [glob for pattern in exclude for glob in globs(pattern)]

    def __contains__(self, path: bytes) -> bool:
        parts = path.split(b"/")
        if any(part.startswith(b".") for part in parts):
            return False
        is_in = not self._include or any(glob.names(parts) for glob in self._include)
        return is_in and not any(glob.names(parts) for glob in self._exclude)


def globs(pattern: str) -> list[Glob[bytes]]:
    """What `pattern` means: the path itself and everything below it; nothing for an empty line.

    Without a slash in front or in the middle it holds in every folder. ValueError for one that is not complete.
    """
    plain = pattern.strip().rstrip("/")
    if not plain:
        return []
    try:
        return [Glob.of(plain.removeprefix("/") if "/" in plain else f"{STARS}/{plain}", _part)]
    except (wildmatch.MalformedPattern, re.error) as error:
        raise ValueError(f"The pattern {pattern} is not complete; close its brackets.") from error


def _part(part: str) -> re.Pattern[bytes]:
    """What comes after a star is looked for once, at the first place where it fits; only after the last one the end."""
    while STARS in part:
        part = part.replace(STARS, "*")
    first, *others = wildmatch.translate(part.encode()).split(ANY)
    if others:
        *middle, last = others
        first += b"".join(b"(?>" + ANY + b"?" + each + b")" for each in middle) + ANY + last
    return re.compile(first, re.DOTALL)


def as_text(path: bytes) -> str:
    """The path as an external id; bytes that are no UTF-8 are shown escaped, which is stable."""
    return path.decode("utf-8", "backslashreplace")
