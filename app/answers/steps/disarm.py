"""Takes orders to a language model out of the evidence, so that neither a model nor a quotation can pass them on.

Every place in a passage stays where it was. What was left out is noted in the draft; the document itself is unchanged.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from app.answers.draft import Draft
from app.safety.disarm import blanked, disarmed, orders_in
from app.safety.injection import find_instructions
from app.telemetry.metrics import DISARMED_PASSAGES
from retrieval.neighbours import Neighbour
from retrieval.passage import Passage

LEFT_OUT = "(left out: it reads like an order to an AI)"
INDIRECT = "instructions_in_document"
# What parts words in the name of a file, and where one begins without anything between.
_PARTS_WORDS = re.compile(r"[._\-+~%]+(?:20)?|(?<=[a-z])(?=[A-Z])")
# In characters, on each side of where one chunk ends and the next begins.
SEAM = 400


def disarm(draft: Draft) -> None:
    draft.passages = [_noted(draft, passage) for passage in draft.passages]


def disarmed_neighbours(near: list[Neighbour]) -> list[Neighbour]:
    alone = [replace(each, text=disarmed(each.text), heading_path=_named(each.heading_path)) for each in near]
    return _disarmed_at_seams(alone)


def _disarmed_at_seams(near: list[Neighbour]) -> list[Neighbour]:
    """An order that begins in one chunk and ends in the next is whole again where the two are shown as one text."""
    texts = [each.text for each in near]
    for at, (each, after) in enumerate(pairwise(near)):
        if each.gap is None:
            continue
        repeated = len(after.text) - (after.end - after.start)
        end, begin = texts[at][-SEAM:], texts[at + 1][repeated : repeated + SEAM]
        whole = end + each.gap + begin
        for start, stop in orders_in(whole):
            left, right = len(texts[at]) - len(end), repeated - len(end) - len(each.gap)
            texts[at] = blanked(texts[at], left + start, left + stop)
            texts[at + 1] = blanked(texts[at + 1], max(repeated, right + start), right + stop)
    return [replace(each, text=text) for each, text in zip(near, texts, strict=True)]


def _noted(draft: Draft, passage: Passage) -> Passage:
    title, *path = _named((passage.title, *passage.heading_path))
    changed = replace(passage, text=disarmed(passage.text), title=title, heading_path=tuple(path))
    if changed == passage:
        return passage
    DISARMED_PASSAGES.inc()
    draft.flags.append({"kind": INDIRECT, "chunk_id": passage.chunk_id, "document_id": passage.document_id})
    return changed


def _named(titles: tuple[str, ...]) -> tuple[str, ...]:
    """Titles, subjects, file names and headings, none of which gives orders, neither alone nor in a row."""
    if not titles:
        return titles
    kept = tuple(LEFT_OUT if is_order(title) else title for title in titles)
    return kept if not is_order(" ".join(_without(kept))) else tuple(LEFT_OUT for _ in titles)


def _without(titles: Iterable[str]) -> list[str]:
    return [title for title in titles if title != LEFT_OUT]


def is_order(name: str) -> bool:
    """Whether a name gives orders to a model, also one whose words are parted as in the name of a file."""
    return bool(find_instructions(name)) or bool(find_instructions(_PARTS_WORDS.sub(" ", name)))
