"""Patterns of paths, matched part by part in time that grows with the path alone, whatever the pattern holds.

One regular expression for a whole path would try every way to divide it among its stars: a name with many
equal letters would keep a process busy for hours.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import AnyStr, Generic

STARS = "**"


@dataclass(frozen=True, slots=True)
class Glob(Generic[AnyStr]):
    """The parts of a pattern; None stands for `**`, any number of folders."""

    parts: tuple[re.Pattern[AnyStr] | None, ...]

    @classmethod
    def of(cls, pattern: str, translate: Callable[[str], re.Pattern[AnyStr]]) -> "Glob[AnyStr]":
        """`translate` says what one part means. At its end, `**` stands for what is below, not for the folder."""
        parts = pattern.split("/")
        if parts[-1] == STARS:
            parts.append("*")
        return cls(tuple(None if part == STARS else translate(part) for part in parts))

    def names(self, path: Sequence[AnyStr]) -> bool:
        """Whether the pattern is that of the path, or of a folder above it."""
        places = self._past_stars({0})
        for part in path:
            places = self._past_stars({after for place in places for after in self._after(place, part)})
            if len(self.parts) in places:
                return True
        return False

    def _after(self, place: int, part: AnyStr) -> tuple[int, ...]:
        expression = self.parts[place]
        if expression is None:
            return (place,)
        return (place + 1,) if expression.fullmatch(part) else ()

    def _past_stars(self, places: set[int]) -> set[int]:
        found = set(places)
        for place, part in enumerate(self.parts):
            if part is None and place in found:
                found.add(place + 1)
        return found
