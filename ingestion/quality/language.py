"""Tells the language of a text: by its script where that decides, else by the small words that every text holds."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 20_000
# Fewer words than this say nothing.
_LEAST_WORDS = 12
_LEAST_SHARE = 0.1
# A table repeats one word that some language happens to have.
_LEAST_DIFFERENT = 4
# The winner must stand clearly before the next: Danish and Norwegian share most of their small words.
_LEAD = 1.03

# One line a language: its code and its commonest small words.
_PROFILES = {
    code: frozenset(words.split())
    for code, _, words in (
        line.partition(":")
        for line in Path(__file__).with_name("small_words.txt").read_text(encoding="utf-8").splitlines()
    )
}
# Letters that one language has: enough to tell it from its neighbours.
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3\u1100-\u11ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("fa", re.compile("[\u067e\u0686\u06af\u06cc]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("uk", re.compile("[\u0456\u0457\u0454\u0491]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
_SCRIPT_SHARE = {"ja": 0.05, "fa": 0.02, "uk": 0.03}


def language_of(text: str) -> str:
    """The two-letter code of the language in which most of `text` is written, empty where that is not clear."""
    sample = text[:_SAMPLE]
    letters = sum(character.isalpha() for character in sample)
    if not letters:
        return ""
    for code, pattern in _SCRIPTS:
        if len(pattern.findall(sample)) >= _SCRIPT_SHARE.get(code, 0.4) * letters:
            return code
    return _by_small_words(Counter(_WORD.findall(sample.lower())))


def _by_small_words(words: Counter[str]) -> str:
    total = words.total()
    if total < _LEAST_WORDS:
        return ""
    shares = {code: sum(words[word] for word in profile) / total for code, profile in _PROFILES.items()}
    (code, best), (_, second) = Counter(shares).most_common(2)
    different = len(_PROFILES[code].intersection(words))
    return code if best >= max(_LEAST_SHARE, second * _LEAD) and different >= _LEAST_DIFFERENT else ""
