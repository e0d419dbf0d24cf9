"""A text as its reader sees it, for looking at: hidden characters gone or told, look-alike letters made plain. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_HIDDEN = re.compile("[\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_SUSPICIOUS = re.compile(
    "[\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\uff01-\uff5e\U0001d400-\U0001d7ff\U000e0020-\U000e007e]"
    "|[a-zA-Z][\u0370-\u04ff]|[\u0370-\u04ff][a-zA-Z]"
)
_TAGS = range(0xE0020, 0xE007F)
# Letters that look the same, Cyrillic and Greek to Latin (Unicode TS 39, the common ones).
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425"
    "\u0406\u03bf\u03b1\u03b9\u03bd\u03c1\u03c5\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u03a5\u0396",
    "aeopcyxijshdABEKMHOPCTXIoaivpuABEHIKMNOPTXYZ",
)


@dataclass(frozen=True, slots=True)
class SeenText:
    """`places[i]` is where the character `text[i]` stands in the original; one more marks the end."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of `text[start:end]`."""
        return self.places[start], self.places[end - 1] + 1 if end > start else self.places[start]


def is_disguised(text: str) -> bool:
    """Whether `seen` would read it otherwise than it is written, at little cost."""
    return _SUSPICIOUS.search(text) is not None


def seen(text: str) -> SeenText:
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for shown in _shown(letter):
            letters.append(shown)
            places.append(place)
    return SeenText("".join(letters), (*places, len(text)))


def _shown(letter: str) -> str:
    if ord(letter) in _TAGS:
        return chr(ord(letter) - 0xE0000)
    if letter.isascii():
        return letter
    if _HIDDEN.match(letter):
        return ""
    return unicodedata.normalize("NFKC", letter).translate(_LOOK_ALIKES)
