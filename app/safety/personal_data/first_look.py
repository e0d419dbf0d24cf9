"""A cheap first look: which recognisers of numbers could find anything in a text, in one pass over it.

Their patterns are put to RE2 together, without look-around and back-references. So relaxed they match wherever the
whole patterns do, and more: what is left out here could not have found anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# One group without further ones in it but plain ones, which is how the recognisers write them.
_LOOK_AROUND = re.compile(r"\(\?<?[!=](?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)")
_BACK_REFERENCE = re.compile(r"\\[1-9]")
_NOT_PLAIN = re.compile(r"[^\x00-\x7f]")


class FirstLook:
    """`patterns` are the regular expressions of each entity; one that RE2 does not take is always worth a full look."""

    def __init__(self, patterns: Mapping[str, Iterable[str]]) -> None:
        import re2

        options = re2.Options()
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        self._entities: list[str] = []
        self.always: set[str] = set()
        for entity, every in patterns.items():
            for pattern in every:
                try:
                    self._set.Add(f"(?is){relaxed(pattern)}")
                except re2.error:
                    self.always.add(entity)
                else:
                    self._entities.append(entity)
        self._set.Compile()

    def worth(self, text: str) -> set[str]:
        """The entities that may be in the text."""
        found = self._set.Match(_NOT_PLAIN.sub(_plain, text))
        return self.always | {self._entities[at] for at in found or ()}


def relaxed(pattern: str) -> str:
    return _BACK_REFERENCE.sub(".?", _LOOK_AROUND.sub("", pattern))


def _plain(letter: re.Match[str]) -> str:
    """RE2 knows digits, letters and blanks of ASCII alone."""
    if letter[0].isdecimal():
        return "0"
    if letter[0].isspace():
        return " "
    return {"\u017f": "s", "\u212a": "k", "\u0131": "i", "\u0130": "i"}.get(letter[0], "\u00b7")
