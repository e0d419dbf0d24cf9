"""What a classifier sees of a question: its embedding, what the rules find, how it speaks, its words and parts."""

from __future__ import annotations

import hashlib
import re
import zlib
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.safety.injection import find_instructions

Numbers = NDArray[np.float64]

HASHED = 2048
RUNS_HASHED = 4096
# In characters: runs of so many, of the text's beginning.
SHORTEST_RUN, LONGEST_RUN, CHARACTERS_READ = 3, 5, 2000
# In words; an attack that follows later is left to the embedding's and the rules' own reach.
WORDS_READ = 400
# Beside an embedding of unit length. Chosen by cross-validation on the training half.
SHAPE_WEIGHT, WORDS_WEIGHT, RUNS_WEIGHT = 0.3, 0.6, 0.6
_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")
_SECRET = re.compile(r"\b(?:pass(?:word|phrase|code)s?|secret|key|credentials?|confidential)\b", re.I)
_YOURS = re.compile(
    r"\byour (?:own )?(?:pass(?:word|phrase|code)|secret|system|instruction|prompt|rule|database)", re.I
)
_DIALOGUE = re.compile(r"\bq:", re.I)


def features(text: str, vector: NDArray[np.float32]) -> Numbers:
    """One row: the embedding, then shape, then hashed words and pairs of words, then hashed runs of characters."""
    parts = (shape(text) * SHAPE_WEIGHT, hashed_words(text) * WORDS_WEIGHT, hashed_runs(text) * RUNS_WEIGHT)
    return np.concatenate([vector.astype(np.float64), *parts])


def shape(text: str) -> Numbers:
    """What does not depend on the length: a long question is no attack."""
    findings = find_instructions(text, 0.0)
    words = _WORD.findall(text.lower())
    to_you = sum(word in ("you", "your", "yourself") for word in words)
    return np.array([
        max((finding.score for finding in findings), default=0.0),
        bool(findings),
        5 * to_you / max(1, len(words)),
        bool(_SECRET.search(text)),
        bool(_YOURS.search(text)),
        len(_DIALOGUE.findall(text)) > 1,
    ], dtype=np.float64)  # fmt: skip


def hashed_words(text: str) -> Numbers:
    """Counts of words and pairs, damped, of unit length."""
    tokens = _TOKEN.findall(text.lower())[:WORDS_READ]
    pairs = [f"{one} {two}" for one, two in pairwise(tokens)]
    return _damped([_place(gram) for gram in [*tokens, *pairs]], HASHED)


def hashed_runs(text: str) -> Numbers:
    """The same of runs of characters, which see parts of words and mistyped ones."""
    flat = f" {' '.join(text.lower().split())[:CHARACTERS_READ]} " if text.strip() else ""
    runs = [flat[at : at + size] for size in range(SHORTEST_RUN, LONGEST_RUN + 1) for at in range(len(flat) - size + 1)]
    return _damped([zlib.crc32(run.encode("utf-8", "surrogatepass")) % RUNS_HASHED for run in runs], RUNS_HASHED)


def _damped(places: list[int], size: int) -> Numbers:
    counts = np.log1p(np.bincount(places, minlength=size).astype(np.float64)) if places else np.zeros(size)
    return counts / max(1e-9, float(np.linalg.norm(counts)))


def _place(gram: str) -> int:
    return int.from_bytes(hashlib.blake2b(gram.encode(), digest_size=4).digest(), "big") % HASHED
