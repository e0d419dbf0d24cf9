"""Replaces personal data by placeholders such as `<PERSON_7f3a>`, and puts it back, also while a text streams in.

A placeholder is a keyed hash of the value and the conversation: the same value has the same one in all of a
conversation's calls and nobody can tell the value from it, so nothing has to be stored. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import regex

from app.safety.personal_data.kinds import WORDS, Kind, PersonalData

REMOVED = "[removed]"
_DIGITS = 4
# A text that looks like a placeholder already, in a document or a question, is hidden like a value: else a document
# could name the placeholder of something that stands elsewhere.
LITERAL = "LITERAL"
_WORD = "|".join(sorted({*WORDS.values(), LITERAL}, key=len, reverse=True))
# As models damage them: other case, other brackets or none, an escaped or missing underscore, a space inside.
_OPEN, _CLOSE = r"(?:&lt;|\\<|[<⟨‹«])[ ]?", r"[ ]?(?:&gt;|\\>|[>⟩›»])"
_NEAR = regex.compile(
    rf"{_OPEN}(?P<word>{_WORD})(?:[ ]?\\?[_\-–:#][ ]?|[ ])(?P<code>[0-9a-f]{{4,16}}){_CLOSE}"
    rf"|(?<![\w])(?-i:(?P<word>{_WORD}))\\?_(?P<code>[0-9a-f]{{4,16}})(?![\w])(?:&gt;|\\?>)?",
    regex.I,
)
_LONGEST = 48


def looks_like_placeholder(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _NEAR.finditer(text)]


@dataclass(slots=True)
class Placeholders:
    """Those of one call. `key` must be secret, and differ between conversations."""

    key: bytes
    _values: dict[str, str] = field(default_factory=dict)

    def hide(self, text: str, found: Sequence[PersonalData], redacted: Collection[Kind] = ()) -> str:
        """`text` with what was found replaced; kinds in `redacted` by a word that cannot be put back."""
        spans = [(one.start, one.end, WORDS[one.kind], one.kind in redacted) for one in found]
        taken = [(start, end) for start, end, _, _ in spans]
        spans += [
            (start, end, LITERAL, False) for start, end in looks_like_placeholder(text)
            if all(end <= other or start >= stop for other, stop in taken)
        ]  # fmt: skip
        parts, at = [], 0
        for start, end, word, is_redacted in sorted(spans):
            parts += [text[at:start], REMOVED if is_redacted else self._placeholder(text[start:end], word)]
            at = end
        return "".join([*parts, text[at:]])

    def _placeholder(self, value: str, word: str) -> str:
        meant = " ".join(value.split())
        digest = hmac.new(self.key, f"{word}\0{meant}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        # Two values that share the first digits are told apart by more of them.
        for digits in range(_DIGITS, 17, 2):
            code = digest[:digits]
            if " ".join(self._values.setdefault(code, value).split()) == meant:
                return f"<{word}_{code}>"
        return REMOVED

    @property
    def values(self) -> Mapping[str, str]:
        """What stands for what, by the code of the placeholder."""
        return self._values

    def restore(self, text: str, start: int = 0) -> str:
        """`text` from `start` on with the values in their places; what stands for nothing is said to be removed."""
        return _NEAR.sub(self._value, text, pos=start)[start:]

    def _value(self, match: regex.Match[str]) -> str:
        return self._values.get(match["code"].lower(), REMOVED)


class Restoring:
    """Puts values back into a text that comes in pieces; holds back what may be the beginning of a placeholder."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders
        # What was held back, and before it the last letter that was not: a placeholder does not begin inside a word.
        self._text, self._begin = "", 0

    def feed(self, text: str) -> str:
        """What can be shown for what came in; may be empty."""
        whole, begin = self._text + text, self._begin
        cut = _open_end(whole, begin)
        shown = self._placeholders.restore(whole[:cut], begin)
        self._begin = min(cut, 1)
        self._text = whole[cut - self._begin :]
        return shown

    def end(self) -> str:
        """What was held back, when nothing follows."""
        text, begin = self._text, self._begin
        self._text, self._begin = "", 0
        return self._placeholders.restore(text, begin)


def _open_end(text: str, begin: int) -> int:
    """Where after `begin` a placeholder may have begun that more text could complete or prolong; else the end."""
    at = max(begin, len(text) - _LONGEST)
    while at < len(text):
        match = _NEAR.match(text, at, partial=True)
        if match is None:
            at += 1
        elif match.partial or (match.end() == len(text) and text[-1].isalnum()):
            return at
        else:
            at = match.end()
    return len(text)
