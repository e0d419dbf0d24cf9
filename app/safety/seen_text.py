"""A text as its reader sees it, for looking at: hidden characters gone or told, look-alike letters made plain. Pure."""

from __future__ import annotations

import codecs
import functools
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_HIDDEN = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]"
)
# Hidden letters, forms of letters that look like others, letters of two alphabets in one word, accents on their own.
_SUSPICIOUS = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\u0300-\u034e"
    "\u0250-\u02af\u1d00-\u1dbf\u2460-\u24ff\ua730-\ua7ff\uff01-\uff5e\U0001d400-\U0001d7ff\U0001f110-\U0001f1ff\U000e0020-\U000e007e]"
    "|[a-zA-Z][\u00c0-\u017f\u0370-\u04ff\u0530-\u058f\u13a0-\u13ff]|[\u00c0-\u017f\u0370-\u04ff\u0530-\u058f\u13a0-\u13ff][a-zA-Z]"
)
_MARK = re.compile(r"(?<=[^\W\d_])(?:[*`~]{1,3}|(?:<[^<>\n]{0,40}>){1,3}|<!--.{0,80}?-->|\\)(?=[^\W\d_])")
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[0-9a-f]{2,6});", re.I)
# Four letters or more with the same single sign between each two.
_SPACED = re.compile(r"(?<!\w)[^\W_](?:([ ._\-\u00b7\u2022|/])[^\W_](?:\1[^\W_]){2,})(?!\w)")
_FIGURES = re.compile(r"(?<=[a-z])[013457@$](?=[a-z])|\b[013457@$](?=[a-z]{2})", re.I)
_AS_LETTERS = str.maketrans("013457@$", "oieastas")
# What gives a disguise away, for RE2. Figures count inside of words that would be telling; so do the words of orders
# in ROT13 and backwards.
_SIGNS = (
    ("marked", r"[a-zA-Z](?:[*`~]{1,3}|(?:<[^<>\n]{0,40}>){1,3}|<!--|\\)[a-zA-Z]"),
    ("entity", r"(?i)&(?:#\d{2,6}|#x[0-9a-f]{2,6});"),
    ("spaced", r"(?:\A|\W)[a-zA-Z](?:[ ._\-|/\x{b7}\x{2022}][a-zA-Z]){3}(?:\W|\z)"),
    (
        "figures",
        r"(?i)(?:[i1]gn[o0]r[e3]|f[o0]rg[e3]t|d[i1]sr[e3]g[a4@]rd|[o0]v[e3]rr[i1]d[e3]|[i1]n[s5$][t7]ruc|pr[o0]mp[t7]|r[e3]v[e3][a4@][l1])",
    ),
    ("rot13", r"(?i)vtaber|qvfertneq|bireevqr|sbetrg|vafgehpg|cebzcg"),
    ("backwards", r"(?i)erongi|dragersid|edirrevo|tegrof|noitcurtsni|tpmorp"),
)
_TAGS = range(0xE0020, 0xE007F)
# Letters of flags, and white ones on black.
_FLAGS = range(0x1F1E6, 0x1F200)
_BLACK = range(0x1F150, 0x1F16A)
# Letters that look the same, Cyrillic and Greek to Latin (Unicode TS 39, the common ones).
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425"
    "\u0406\u03bf\u03b1\u03b9\u03bd\u03c1\u03c5\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u03a5\u0396",
    "aeopcyxijshdABEKMHOPCTXIoaivpuABEHIKMNOPTXYZ",
) | str.maketrans(
    # Small capitals and letters of phonetic alphabets.
    "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22"
    "\u0251\u0261\u0131\u0585\u057d\u0578\u0581",
    "abcdefghijklmnoprstuvwyzagiounq",
)


@dataclass(frozen=True, slots=True)
class SeenText:
    """`places[i]` is where the character `text[i]` stands in the original; one more marks the end."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of `text[start:end]`."""
        return self.places[start], self.places[end - 1] + 1 if end > start else self.places[start]


def readings(text: str) -> Iterator[SeenText]:
    """The other ways in which a reader may take the text than as it is written; none for nearly every text."""
    signs = _signs_in(text)
    if signs & {"marked", "entity"} or (not text.isascii() and _SUSPICIOUS.search(text)):
        yield seen(text)
    if "spaced" in signs:
        yield _closed_up(text)
    places = tuple(range(len(text) + 1))
    if "figures" in signs and _FIGURES.search(text):
        yield SeenText(text.translate(_AS_LETTERS), places)
    if "rot13" in signs:
        yield SeenText(codecs.encode(text, "rot13"), places)
    if "backwards" in signs:
        yield _Backwards(text[::-1], places)


def _signs_in(text: str) -> set[str]:
    """Of which disguises there are signs, in one pass over the text."""
    return {_SIGNS[at][0] for at in _first_look().Match(text.encode("utf-8", "replace")) or ()}


@functools.cache
def _first_look() -> Any:
    import re2

    look = re2.Set.SearchSet(re2.Options())
    for _, pattern in _SIGNS:
        look.Add(pattern)
    look.Compile()
    return look


def seen(text: str) -> SeenText:
    """With look-alike letters made plain; what nobody sees, and marks inside of words, left out."""
    letters: list[str] = []
    places: list[int] = []
    for place, _, shown in _parts(text):
        letters.extend(shown)
        places.extend([place] * len(shown))
    return SeenText("".join(letters), (*places, len(text)))


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    """Each letter, or what stands for one or for none, with where it stands."""
    special = {match.start(): (match.end(), "") for match in _MARK.finditer(text)}
    special |= {match.start(): (match.end(), html.unescape(match[0])) for match in _ENTITY.finditer(text)}
    place = 0
    while place < len(text):
        end, shown = special.get(place, (place + 1, text[place]))
        yield place, end, "".join(_shown(letter) for letter in shown)
        place = end


def _closed_up(text: str) -> SeenText:
    """Without the signs between single letters; a wider gap between two such words is one blank."""
    inside = {
        at for match in _SPACED.finditer(text) for at in range(match.start() + 1, match.end(), 2)
    }  # fmt: skip
    kept = [at for at in range(len(text)) if at not in inside]
    return SeenText("".join(text[at] for at in kept), (*kept, len(text)))


class _Backwards(SeenText):
    """A text read from its end."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        return len(self.text) - end, len(self.text) - start


def _shown(letter: str) -> str:
    if letter.isascii():
        return letter
    if ord(letter) in _TAGS:
        return chr(ord(letter) - 0xE0000)
    if ord(letter) in _FLAGS:
        return chr(ord(letter) - _FLAGS.start + ord("a"))
    if ord(letter) in _BLACK:
        return chr(ord(letter) - _BLACK.start + ord("a"))
    if _HIDDEN.match(letter):
        return ""
    plain = unicodedata.normalize("NFKD", letter)
    return "".join(each for each in plain if not unicodedata.combining(each)).translate(_LOOK_ALIKES)
