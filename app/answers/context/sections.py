"""A section: what the model reads under one number. Neighbouring chunks of one document are one text. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from retrieval.neighbours import Neighbour
from retrieval.passage import Passage


@dataclass(frozen=True, slots=True)
class Section:
    """`passage` is its best hit, with the text, place and headings of the whole; `members` are its chunks in order.

    `found` are the chunks that search found; the others stand beside them. `is_cut`: the end did not fit.
    """

    passage: Passage
    members: tuple[Passage, ...]
    found: frozenset[int]
    is_cut: bool = False

    def member_at(self, place: int) -> Passage:
        """The chunk that holds the character at `place` of the stored text."""
        begun = [member for member in self.members if member.start <= place]
        return begun[-1] if begun else self.members[0]


def alone(passage: Passage) -> Section:
    return Section(passage, (passage,), frozenset([passage.chunk_id]))


def joined(run: Sequence[Neighbour], hits: Mapping[int, Passage]) -> Section:
    """Chunks that follow upon each other as one passage; at least one of them is a hit.

    The text is the stored one from the first to the last, blanks between them included; only a header row that the
    first one repeats stands before it.
    """
    found = [hits[each.chunk_id] for each in run if each.chunk_id in hits]
    best = min(found, key=lambda passage: passage.rank)
    texts = [run[0].text]
    for each, after in pairwise(run):
        texts += [each.gap or "", stored_part(after)]
    members = tuple(hits.get(each.chunk_id) or each.passage(best) for each in run)
    whole = replace(
        best, heading_path=common_path([each.heading_path for each in run]), start=run[0].start, end=run[-1].end,
        text="".join(texts),
    )  # fmt: skip
    return Section(whole, members, frozenset(passage.chunk_id for passage in found))


def stored_part(chunk: Neighbour) -> str:
    """The chunk's text without a header row that it repeats."""
    return chunk.text[len(chunk.text) - (chunk.end - chunk.start) :]


def common_path(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    shared = []
    for titles in zip(*paths, strict=False):
        if len(set(titles)) > 1:
            break
        shared.append(titles[0])
    return tuple(shared)


def cut(section: Section, characters: int) -> Section:
    """The beginning of the section, up to the end of a word."""
    passage = section.passage
    text = passage.text[:characters]
    at = max(text.rfind(" "), text.rfind("\n"))
    words, _, end = passage.quoted(0, at if at > 0 else characters)
    repeated = passage.text[: len(passage.text) - (passage.end - passage.start)]
    shorter = replace(passage, text=repeated + words, end=end)
    members = tuple(member for member in section.members if member.start < end)
    return Section(shorter, members or section.members[:1], section.found, is_cut=True)
