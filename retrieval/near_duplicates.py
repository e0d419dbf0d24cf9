"""Shows one passage where several documents say the same in the same words.

Copies of a text are rarely cut at the same places, so a passage is compared with all that was found of another
document. It goes if that document says all of it: nine tenths of its runs of three words, and each number, name and
negation beside the same word, as two versions of a rule may differ in one of those alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Protocol, TypeVar

SHINGLE_WORDS = 3
SAME = 0.9
# A passage of which another holds this share takes its place.
_SHARED = 0.2
# Nine tenths of the runs of words cannot be the same where fewer words than this are.
_ALIKE = 0.75
# Passages this near to each other in their document follow upon each other.
_GAP = 2
_WORD = re.compile(r"\w+")
_NEGATIONS = frozenset(["not", "no", "never", "none", "without", "except", "unless", "cannot", "nor", "t"])
Shingle = tuple[str, ...]


class Said(Protocol):
    """A passage, as far as it matters here; `start` and `end` are offsets into its document's text."""

    @property
    def document_id(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def is_stale(self) -> bool: ...


P = TypeVar("P", bound=Said)


def collapse_near_duplicates(passages: Sequence[P]) -> list[P]:
    """Leave out what a document found earlier says in the same words; current documents come before stale ones.

    What stays moves up to the place of what it stands for, so nothing found is lost.
    """
    if not _may_repeat(passages):
        return list(passages)
    places = list(range(len(passages)))
    kept: list[int] = []
    documents: list[_Document] = []
    for members in _by_document(passages):
        stay = []
        for at in members:
            look = _Look(passages[at].text)
            covering = next((document for document in documents if document.says(look)), None)
            if covering is None:
                stay.append(at)
                continue
            for other in covering.members_like(look):
                places[other] = min(places[other], places[at])
        if stay:
            documents.append(_Document({at: passages[at] for at in stay}))
            kept += stay
    return [passages[at] for at in sorted(kept, key=lambda at: (places[at], at))]


def _may_repeat(passages: Sequence[Said]) -> bool:
    """Whether any passage has so many words in common with those of another document that a close look is worth it."""
    own = [set(passage.text.lower().split()) for passage in passages]
    words: dict[int, set[str]] = {}
    for passage, some in zip(passages, own, strict=True):
        words.setdefault(passage.document_id, set()).update(some)
    return any(
        len(some & others) >= _ALIKE * len(some)
        for passage, some in zip(passages, own, strict=True)
        for document, others in words.items()
        if document != passage.document_id
    )


def _by_document(passages: Sequence[Said]) -> list[list[int]]:
    """The places of each document's passages; documents in the order in which they were found, current ones first."""
    found: dict[int, list[int]] = {}
    for at, passage in enumerate(passages):
        found.setdefault(passage.document_id, []).append(at)
    return sorted(found.values(), key=lambda members: (passages[members[0]].is_stale, members[0]))


class _Look:
    """The words of one text, and its runs of three."""

    def __init__(self, text: str) -> None:
        self.written = _WORD.findall(text)
        self.words = [word.lower() for word in self.written]
        self.shingles = list(_runs(self.words))
        self.pairs = set(pairwise(self.words))

    def telling(self) -> Iterator[set[tuple[str, str]]]:
        """For each number, name and negation the pairs of words of which another text must have one.

        A number and a negation belong to the word behind them, a name to either neighbour.
        """
        for at, word in enumerate(self.words):
            before = {(self.words[at - 1], word)} if at else set()
            behind = {(word, self.words[at + 1])} if at + 1 < len(self.words) else set()
            if word in _NEGATIONS or not word.isalpha():
                yield behind or before
            elif at and self.written[at][0].isupper():
                yield before | behind


class _Document:
    """What was found of one document; passages that follow upon each other are read as one."""

    def __init__(self, members: dict[int, Said]) -> None:
        self._looks = {at: _Look(passage.text) for at, passage in members.items()}
        joined = [_Look(" ".join(passage.text for passage in run)) for run in _joined(list(members.values()))]
        self._shingles = {shingle for look in joined for shingle in look.shingles}
        self._pairs = {pair for look in joined for pair in look.pairs}
        middles = (shingle for shingle in self._shingles if len(shingle) == SHINGLE_WORDS)
        self._denied = {(before, after) for before, middle, after in middles if middle in _NEGATIONS}

    def says(self, look: _Look) -> bool:
        missing = [shingle for shingle in look.shingles if shingle not in self._shingles]
        if len(missing) > (1 - SAME) * len(look.shingles) or not look.shingles:
            return False
        if any(pairs.isdisjoint(self._pairs) for pairs in look.telling()):
            return False
        return not any(pair in self._denied for shingle in missing for pair in pairwise(shingle))

    def members_like(self, look: _Look) -> Iterator[int]:
        wanted = set(look.shingles)
        for at, own in self._looks.items():
            if len(wanted.intersection(own.shingles)) >= _SHARED * len(wanted):
                yield at


def _joined(passages: list[Said]) -> Iterator[list[Said]]:
    ordered = sorted(passages, key=lambda passage: passage.start)
    starts_run = [True, *(after.start - before.end > _GAP for before, after in pairwise(ordered))]
    runs = [sum(starts_run[: at + 1]) for at in range(len(ordered))]
    for _, run in groupby(zip(runs, ordered, strict=True), key=lambda pair: pair[0]):
        yield [passage for _, passage in run]


def _runs(words: list[str]) -> Iterator[Shingle]:
    """Runs of three words; a shorter text is one run."""
    last = max(len(words) - SHINGLE_WORDS + 1, min(len(words), 1))
    for at in range(last):
        yield tuple(words[at : at + SHINGLE_WORDS])
