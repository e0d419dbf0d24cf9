"""What admins add to the detectors: patterns of their own, words that are always personal, and words that never are.

Patterns run on RE2, whose time grows with the text alone: no expression can hang an answer.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.safety.personal_data.kinds import Kind, PersonalData

LONGEST_PATTERN = 300
_MEMORY = 8 << 20
# A pattern that finds something in these would hide ordinary words all over.
_ORDINARY = "The travel policy allows a hotel for up to two nights, says the handbook of the company."
_LONGEST_FIND = 200


class PatternError(ValueError):
    """The pattern cannot be used; the message tells an admin what to change."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`patterns` are regular expressions in RE2's syntax. Words are compared without regard to capitals and spaces."""

    patterns: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def find(self, text: str) -> list[PersonalData]:
        """What the patterns and the list of words find."""
        found = [PersonalData(*span, Kind.CUSTOM) for pattern in self.patterns for span in matches(pattern, text)]
        return found + [PersonalData(*span, Kind.LISTED) for span in _occurrences(self.always, text)]

    def without_allowed(self, text: str, found: Sequence[PersonalData]) -> list[PersonalData]:
        """Less what stands inside a word that is never personal; a listed word stays personal all the same."""
        if not self.never:
            return list(found)
        allowed = list(_occurrences(self.never, text))
        numbers = {_digits(word) for word in self.never} - {""}
        return [
            one for one in found
            if one.kind is Kind.LISTED
            or not (
                any(start <= one.start and one.end <= end for start, end in allowed)
                or (one.kind in _NUMBERS and _digits(text[one.start : one.end]) in numbers)
            )
        ]  # fmt: skip


# The same number may be written with other gaps.
_NUMBERS = (Kind.PHONE, Kind.CARD, Kind.ACCOUNT, Kind.IDENTITY, Kind.CUSTOM)


def checked(pattern: str, example: str) -> None:
    """Raise PatternError unless the pattern can be used, finds its example and leaves ordinary words alone."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(f"Keep the pattern under {LONGEST_PATTERN} characters.")
    spans = list(matches(pattern, example))
    if not any(end > start for start, end in spans):
        raise PatternError("The pattern does not find its own example.")
    if found := next(iter(matches(pattern, _ORDINARY)), None):
        said = _ORDINARY[found[0] : found[1]]
        raise PatternError(f"The pattern would hide ordinary words such as “{said[:40]}”. Make it more particular.")


def matches(pattern: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the pattern matches, without empty matches. Raises PatternError for what RE2 does not take."""
    for match in _compiled(pattern).finditer(text):
        start, end = match.span()
        if start < end <= start + _LONGEST_FIND:
            yield start, end


@functools.lru_cache(maxsize=500)
def _compiled(pattern: str) -> re.Pattern[str]:
    import re2

    options = re2.Options()
    options.max_mem, options.log_errors = _MEMORY, False
    try:
        compiled: re.Pattern[str] = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise PatternError(
            f"This is not a regular expression that can be used here: {said}. Look-around and back-references are not "
            "available."
        ) from None
    return compiled


def _occurrences(words: tuple[str, ...], text: str) -> Iterator[tuple[int, int]]:
    if words:
        for match in _any_of(words).finditer(text):
            yield match.span()


@functools.lru_cache(maxsize=64)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted((" ".join(word.split()) for word in words), key=len, reverse=True)
    either = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.I)


def _digits(text: str) -> str:
    """The digits of a number, for comparing; "" where there are too few to mean it."""
    digits = "".join(letter for letter in text if letter.isdigit())
    return digits if len(digits) >= 6 else ""
