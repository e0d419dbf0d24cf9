"""Questions put together by what they mean, and what a heap of them is about in a few words. Pure.

Leader clustering (Hartigan 1975): each question joins the nearest topic whose mean is near enough, or begins one. The
order is given, so the same questions always make the same topics, and a new question never tears an old topic apart.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
# Cosines of all-MiniLM-L6-v2: questions about one thing in other words are above the first; two topics whose means are
# above the second are one.
JOINED = 0.5
MERGED = 0.75
NAMED_BY = 3
STEM = 5
WORD = re.compile(r"[^\W\d_]{3,}")
# Words of asking, which say nothing of what is asked about.
COMMON_WORDS = """
    about after all and any anybody anyone anything are ask available because been before but can cannot could did does
    doing done every find for from get give gets getting had has have how into its just kind know like long make many
    may me more most much must need needs new not now off one only our out over own please possible question say should
    some somebody someone something tell than that the their them then there these they thing this those through use
    used was way were what when where which who whom whose why will with work works would yes you your
"""
COMMON = frozenset(COMMON_WORDS.split())


@dataclass
class Heap:
    """A topic while questions are put together; `key` is None for one that is new. `members` are row numbers."""

    key: int | None
    members: list[int]
    total: Vectors
    is_fixed: bool = False

    @property
    def centre(self) -> Vectors:
        return unit(self.total)


def heaps_of(
    vectors: Vectors, keys: Sequence[int | None], fixed: frozenset[int] = frozenset(), *,
    joined: float = JOINED, merged: float = MERGED,
) -> list[Heap]:  # fmt: skip
    """Every row of `vectors` [questions, dimensions] in a heap; `keys` say in which known one it is already, if any.

    Topics that have come near each other become the oldest of them, which has the lowest key. Those in `fixed` take new
    questions and are merged with none: somebody has decided about them.
    """
    heaps: list[Heap] = []
    by_key: dict[int, Heap] = {}
    for row, key in enumerate(keys):
        if key is not None and key in by_key:
            _add(by_key[key], row, vectors)
        elif key is not None:
            by_key[key] = Heap(key, [row], vectors[row].copy(), key in fixed)
    heaps = [by_key[key] for key in sorted(by_key)]
    for row, key in enumerate(keys):
        if key is None:
            nearest = _nearest(heaps, vectors[row], joined)
            _add(nearest, row, vectors) if nearest else heaps.append(Heap(None, [row], vectors[row].copy()))
    return _merged(heaps, merged)


def _add(heap: Heap, row: int, vectors: Vectors) -> None:
    heap.members.append(row)
    heap.total = heap.total + vectors[row]


def _nearest(heaps: Sequence[Heap], vector: Vectors, least: float) -> Heap | None:
    if not heaps:
        return None
    cosines = np.stack([heap.centre for heap in heaps]) @ unit(vector)
    best = int(np.argmax(cosines))
    return heaps[best] if cosines[best] >= least else None


def _merged(heaps: list[Heap], least: float) -> list[Heap]:
    """Again and again the nearest two, until no two are near enough."""
    while len(heaps) > 1:
        centres = np.stack([heap.centre for heap in heaps])
        cosines = centres @ centres.T
        blocked = np.array([heap.is_fixed for heap in heaps])
        cosines[blocked, :] = cosines[:, blocked] = -1.0
        np.fill_diagonal(cosines, -1.0)
        older, newer = sorted(int(at) for at in np.unravel_index(int(np.argmax(cosines)), cosines.shape))
        if cosines[older, newer] < least:
            break
        gone = heaps.pop(newer)
        heaps[older].members += gone.members
        heaps[older].total = heaps[older].total + gone.total
    return heaps


def unit(vector: Vectors) -> Vectors:
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if length else vector


def words_in(text: str) -> list[str]:
    """The words of a question that may say what it is about, each once, in small letters."""
    found = (word for word in WORD.findall(text.casefold()) if word not in COMMON)
    return list(dict.fromkeys(word[:40] for word in found))


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of one question, and a number that tells askers apart."""

    words: Sequence[str]
    asker: int


def telling_words(asked: Sequence[Asked], everywhere: Mapping[str, int], questions: int) -> list[str]:
    """At most three words that say what these questions are about, the most telling first.

    Each word counts by how many of these questions have it, times how rare it is among all of them. Where two people or
    more ask, only words that two of them use: a name is never what one person alone wrote. `everywhere` says in how
    many of all `questions` a stem occurs.
    """
    askers = {each.asker for each in asked}
    spelled: dict[str, Counter[str]] = {}
    by: dict[str, set[int]] = {}
    for each in asked:
        for word in each.words:
            spelled.setdefault(stem_of(word), Counter())[word] += 1
            by.setdefault(stem_of(word), set()).add(each.asker)
    shared = [stem for stem in spelled if len(by[stem]) >= min(2, len(askers))]
    weights = {
        stem: spelled[stem].total() * log((1 + questions) / (1 + everywhere.get(stem, 0)) + 1) for stem in shared
    }
    best = sorted(shared, key=lambda stem: (-weights[stem], stem))[:NAMED_BY]
    return [min(spelled[stem], key=lambda word: (-spelled[stem][word], word)) for stem in best]


def stems_everywhere(asked: Iterable[Asked]) -> Counter[str]:
    return Counter(stem for each in asked for stem in {stem_of(word) for word in each.words})


def stem_of(word: str) -> str:
    """What spellings of a word have in common: "pumps" and "pump", "Gdańsk" and "Gdansk"."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))
    return plain.rstrip("s")[:STEM]
