"""The door to finding personal data: remembers what was found in each block of text, and applies the admins' lists.

Nothing heavy is imported before the first call.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence

from app.safety.personal_data.kinds import Kind, PersonalData, merged
from app.safety.personal_data.rules import Rules

EVERY_KIND = frozenset(Kind)
MOST_REMEMBERED = 20_000
_LONGEST_BLOCK = 1500
# The lines that frame a passage in a prompt begin with a word that is random each time. They are blocks of their own,
# and read without it, so that the same passage is known again.
_FRAMED = re.compile(r"^[^\n]*\bFRAME-·{12}[^\n]*\n?", re.M)
_FRAME_WORD = re.compile(r"\bFRAME-[0-9a-f]{12}")
_EMPTY_LINES = re.compile(r"\n[ \t]*\n\s*")


class _Memory:
    """The findings of the blocks that were asked for last, by a hash of their text: offsets, never the text."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[bytes, tuple[PersonalData, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: bytes) -> tuple[PersonalData, ...] | None:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def put(self, key: bytes, found: Sequence[PersonalData]) -> None:
        with self._lock:
            self._found[key] = tuple(found)
            while len(self._found) > self._most:
                self._found.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._found.clear()


memory = _Memory(MOST_REMEMBERED)


def find_personal_data(
    text: str, rules: Rules | None = None, kinds: Collection[Kind] = EVERY_KIND
) -> list[PersonalData]:
    """The places in order, none overlapping; only of `kinds`."""
    return find_in_all([text], rules, kinds)[0]


def find_in_all(
    texts: Sequence[str], rules: Rules | None = None, kinds: Collection[Kind] = EVERY_KIND
) -> list[list[PersonalData]]:
    """The same for several texts, read together. `rules` are the admins' patterns and lists."""
    rules = rules or Rules()
    known = _by_recognisers(texts) if set(kinds) - {Kind.CUSTOM, Kind.LISTED} else [[] for _ in texts]
    return [_chosen(text, found, rules, kinds) for text, found in zip(texts, known, strict=True)]


def _chosen(text: str, found: list[PersonalData], rules: Rules, kinds: Collection[Kind]) -> list[PersonalData]:
    own = rules.find(text)
    wanted = [each for each in (*found, *own) if each.kind in kinds]
    return merged(rules.without_allowed(text, wanted))


def _by_recognisers(texts: Sequence[str]) -> list[list[PersonalData]]:
    cut = [list(blocks(text)) for text in texts]
    keys = {block: _key(block) for each in cut for _, block in each}
    found = {block: memory.get(key) for block, key in keys.items()}
    missing = [block for block, known in found.items() if known is None]
    if missing:
        from app.safety.personal_data.engine import find_all

        for block, fresh in zip(missing, find_all(missing), strict=True):
            memory.put(keys[block], fresh)
            found[block] = tuple(fresh)
    return [
        [PersonalData(one.start + at, one.end + at, one.kind) for at, block in each for one in found[block] or ()]
        for each in cut
    ]


def _key(block: str) -> bytes:
    return hashlib.blake2b(block.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Paragraphs with where they start. The same paragraph is the same block in every prompt that holds it."""
    text = _FRAME_WORD.sub("FRAME-" + "·" * 12, text)
    at = 0
    ends = sorted({match.start() for match in _EMPTY_LINES.finditer(text)}
                  | {end for match in _FRAMED.finditer(text) for end in match.span()} | {len(text)})  # fmt: skip
    for end in ends:
        yield from _pieces(text, at, end)
        at = end


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    while end - start > _LONGEST_BLOCK:
        stop = start + _LONGEST_BLOCK
        cut = max(text.rfind("\n", start, stop), text.rfind(". ", start, stop) + 1)
        if cut <= start + _LONGEST_BLOCK // 3:
            cut = max(text.rfind(" ", start, stop), start + _LONGEST_BLOCK // 3)
        yield from _stripped(text, start, cut)
        start = cut
    yield from _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    block = text[start:end]
    shorn = block.strip()
    if re.search(r"\w", shorn):
        yield start + len(block) - len(block.lstrip()), shorn
