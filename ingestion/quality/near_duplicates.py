"""Finds texts that are nearly the same, without comparing each with each.

MinHash (Broder 1997): each text's set of word shingles is reduced to the least values of `ROWS * BANDS` random
permutations, and these to one key a band. Two texts that share a key are candidates; the sets themselves decide. Texts
of which 90 % is the same share a key in 9,999 of 10,000 cases, texts of which half is the same in 6 of 100.
"""

from __future__ import annotations

import hashlib
import re
import zlib

import numpy as np
import numpy.typing as npt

SHINGLE_WORDS = 5
BANDS, ROWS = 16, 8
# Two texts are near duplicates from this share of common shingles on.
NEAR = 0.9
# A text of fewer shingles may resemble many by chance.
LEAST_SHINGLES = 16
MOST_WORDS = 500_000

Shingles = npt.NDArray[np.uint64]
_WORD = re.compile(r"\w+")
_random = np.random.default_rng(20_240_229)
_FACTORS = _random.integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_OFFSETS = _random.integers(0, 2**63, BANDS * ROWS, dtype=np.uint64)
_BASE = np.uint64(0x9E3779B97F4A7C15)


def shingles(text: str) -> Shingles:
    """The set of the text's runs of five words, each as a number, in ascending order; case and marks do not count."""
    words = _WORD.findall(text.lower())[:MOST_WORDS]
    if len(words) < SHINGLE_WORDS:
        return np.empty(0, dtype=np.uint64)
    numbers = np.fromiter((zlib.crc32(word.encode()) for word in words), dtype=np.uint64, count=len(words))
    count = len(words) - SHINGLE_WORDS + 1
    rolled = np.zeros(count, dtype=np.uint64)
    for step in range(SHINGLE_WORDS):
        rolled = _mixed(rolled * _BASE + numbers[step : step + count])
    return np.unique(rolled)


def near_keys(text: str) -> list[int]:
    """At most `BANDS` signed 64-bit keys; nearly equal texts share at least one. None for a text too short."""
    values = shingles(text)
    if len(values) < LEAST_SHINGLES:
        return []
    least = [int(np.min(_mixed(values * factor + offset))) for factor, offset in zip(_FACTORS, _OFFSETS, strict=True)]
    bands = (least[band * ROWS : (band + 1) * ROWS] for band in range(BANDS))
    return [_key(band, values) for band, values in enumerate(bands)]


def similarity(one: Shingles, other: Shingles) -> float:
    """The share of common shingles among all of both (Jaccard), from 0 to 1."""
    together = len(np.union1d(one, other))
    return len(np.intersect1d(one, other, assume_unique=True)) / together if together else 0.0


def _mixed(values: Shingles) -> Shingles:
    """Spread the bits (the finaliser of SplitMix64)."""
    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values = values ^ (values >> np.uint64(27))
    return values * np.uint64(0x94D049BB133111EB)


def _key(band: int, values: list[int]) -> int:
    packed = band.to_bytes(1, "big") + b"".join(value.to_bytes(8, "big") for value in values)
    return int.from_bytes(hashlib.blake2b(packed, digest_size=8).digest(), "big", signed=True)
