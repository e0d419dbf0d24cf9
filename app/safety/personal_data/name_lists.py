"""Given and family names of sixty languages, each sure or also an ordinary word; read once, on first use."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "names"
GIVEN, FAMILY = FOLDER / "given.txt", FOLDER / "family.txt"
# Letters that do not come apart into a letter and an accent.
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "’": "'"})


@dataclass(frozen=True, slots=True)
class Names:
    """Names in small letters without accents; `unsure` ones are ordinary words or places as well."""

    sure: frozenset[str]
    unsure: frozenset[str]

    def __contains__(self, name: str) -> bool:
        return name in self.sure or name in self.unsure


@functools.cache
def given_names() -> Names:
    return _read(GIVEN)


@functools.cache
def family_names() -> Names:
    return _read(FAMILY)


@functools.lru_cache(maxsize=50_000)
def plain(name: str) -> str:
    """The name as the lists have it: "Åström" is "astrom"."""
    apart = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_LETTERS)


def _read(file: Path) -> Names:
    lines = file.read_text(encoding="utf-8").split()
    unsure = frozenset(line[:-1] for line in lines if line.endswith("?"))
    return Names(frozenset(line for line in lines if not line.endswith("?")), unsure)
