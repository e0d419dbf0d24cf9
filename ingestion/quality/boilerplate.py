"""Finds the blocks that most pages of a site repeat, such as menus and footers, so that no passage is made of them."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from ingestion.documents import StoredText

Span = tuple[int, int]
Repeated = frozenset[int]

# A block is boilerplate from this many pages on, if it is on this share of those looked at: a clause that some pages
# repeat on purpose stays.
LEAST_PAGES = 5
LEAST_SHARE = 0.6
# What is longer is a text of its own, however often it stands there.
MOST_CHARACTERS = 1500
# So much of a page must remain, or nothing is taken from it.
_LEAST_LEFT = 0.1
# The formats whose pages come from a site's templates.
PAGE_TYPES = frozenset({"text/html"})
_BLOCK = re.compile(r"\S(?:.*?\S)?(?=\s*\n\n|\s*\Z)", re.S)


def repeated_blocks(texts: Iterable[str]) -> Repeated:
    """The hashes of the blocks that most of a source's pages, each given as its stored text, have in common."""
    pages = [set(_hashes(text)) for text in texts]
    counts = Counter(key for page in pages for key in page)
    least = max(LEAST_PAGES, LEAST_SHARE * len(pages))
    return frozenset(key for key, count in counts.items() if count >= least)


def boilerplate_spans(stored: StoredText, repeated: Collection[int]) -> list[Span]:
    """Where the repeated blocks lie in one page's text; nothing where hardly anything else would be left."""
    if not repeated:
        return []
    headings = {heading.start for heading in stored.outline}
    blocks = [match.span() for match in _BLOCK.finditer(stored.text)]
    taken: list[Span] = []
    follows_taken = True
    for start, end in reversed(blocks):
        is_repeated = _hash(stored.text[start:end]) in repeated
        # A heading that many pages have goes only with what stands below it.
        takes = is_repeated and (start not in headings or follows_taken)
        if takes:
            taken.append((start, end))
        follows_taken = takes
    whole, gone = (sum(end - start for start, end in spans) for spans in (blocks, taken))
    return sorted(taken) if whole - gone > _LEAST_LEFT * whole else []


def _hashes(text: str) -> Iterator[int]:
    for match in _BLOCK.finditer(text):
        if len(match.group()) <= MOST_CHARACTERS:
            yield _hash(match.group())


def _hash(block: str) -> int:
    """Case and blanks do not count; which entry of a menu is the current page rarely shows in the text."""
    return zlib.crc32(" ".join(block.lower().split()).encode())
