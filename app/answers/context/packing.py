"""Chooses what of the evidence the model reads: the passages found, then what stands around them, as room allows. Pure.

Passages come first, the most useful one first of all; whatever is left of the room then fills up the sections that
they stand in. Every passage that was found is either shown or left out for a reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.answers.context.sections import Section, alone, cut, joined
from retrieval.near_duplicates import collapse_near_duplicates
from retrieval.neighbours import Neighbour
from retrieval.passage import Passage

# A section is filled up to this many tokens, so that one long chapter does not cost what eight passages do.
SECTION_TOKENS = 1000
# Below this share of the best score hardly any passage was relevant (`manage.py measure context`).
WEAK_SHARE = 0.25
SHORTEST_CUT = 200  # In characters.


class Reason(StrEnum):
    """Why a passage that was found does not stand by itself in the prompt."""

    MERGED = "merged"
    DUPLICATE = "duplicate"
    NO_ROOM = "no_room"
    WEAK = "weak"


REASON_WORDS = {
    Reason.MERGED: "Read as part of another passage",
    Reason.DUPLICATE: "Says the same as another passage",
    Reason.NO_ROOM: "Did not fit the model's context",
    Reason.WEAK: "Too far from the question",
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`into` is the number of the section that a merged passage is part of."""

    chunk_id: int
    reason: Reason
    into: int | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """`sections` are numbered from 1 in this order, the most useful first."""

    sections: tuple[Section, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(slots=True)
class Packer:
    """`text_tokens` counts a text, `frame_tokens` what stands around a passage in the prompt."""

    passages: Sequence[Passage]
    near: Sequence[Neighbour]
    text_tokens: Callable[[str], int]
    frame_tokens: Callable[[Passage], int]
    _counted: dict[int, int] = field(default_factory=dict)

    def pack(self, room: int) -> Packed:
        """What fits `room` tokens, counted part by part: the whole may differ by a few tokens."""
        places = {each.chunk_id: at for at, each in enumerate(self.near)}
        kept, left_out = self._worth_showing()
        # A passage that was closed or replaced since it was found has no neighbours, and stands alone.
        chosen = _Chosen(self.near, places)
        for passage in kept:
            room -= self._admit(passage, chosen, room, left_out)
        if not chosen.hits and kept and (short := self._cut(kept[0], room)):
            shown = tuple(each for each in left_out if each.chunk_id != kept[0].chunk_id)
            return Packed((short,), shown)
        for passage in list(chosen.hits.values()):
            room -= self._fill(passage, chosen, room)
        return self._numbered(chosen, left_out)

    def _worth_showing(self) -> tuple[list[Passage], list[LeftOut]]:
        best = max((passage.score for passage in self.passages), default=0.0)
        strong = [passage for passage in self.passages if passage.score >= WEAK_SHARE * best]
        said_once = {passage.chunk_id for passage in collapse_near_duplicates(strong)}
        kept = [passage for passage in strong if passage.chunk_id in said_once]
        weak = [LeftOut(p.chunk_id, Reason.WEAK) for p in self.passages if p.score < WEAK_SHARE * best]
        return kept, weak + [LeftOut(p.chunk_id, Reason.DUPLICATE) for p in strong if p.chunk_id not in said_once]

    def _admit(self, passage: Passage, chosen: "_Chosen", room: int, left_out: list[LeftOut]) -> int:
        """Take the passage in, if it fits; the tokens it takes."""
        at = chosen.places.get(passage.chunk_id)
        touches = at is not None and chosen.touches(at)
        cost = self._tokens(passage.chunk_id, passage.text) + (0 if touches else self.frame_tokens(passage))
        if cost > room:
            left_out.append(LeftOut(passage.chunk_id, Reason.NO_ROOM))
            return 0
        chosen.hits[passage.chunk_id] = passage
        if at is not None:
            chosen.taken.add(at)
        return cost

    def _fill(self, passage: Passage, chosen: "_Chosen", room: int) -> int:
        """Take in what stands around the passage in its section, nearest first; the tokens that takes."""
        at = chosen.places.get(passage.chunk_id)
        if at is None:
            return 0
        used = 0
        size = sum(self._tokens_at(place) for place in chosen.run_around(at))
        for place in chosen.outwards(at):
            cost = self._tokens_at(place)
            if size + cost > SECTION_TOKENS or used + cost > room:
                break
            chosen.taken.add(place)
            used, size = used + cost, size + cost
        return used

    def _cut(self, passage: Passage, room: int) -> Section | None:
        """As much of the best passage as fits, where not even that fits whole."""
        cost = self._tokens(passage.chunk_id, passage.text)
        characters = int(len(passage.text) * (room - self.frame_tokens(passage)) / cost)
        short = cut(alone(passage), characters) if characters >= SHORTEST_CUT else None
        return short if short and short.passage.end > short.passage.start else None

    def _numbered(self, chosen: "_Chosen", left_out: Sequence[LeftOut]) -> Packed:
        """The sections by usefulness, less those that say what another document's says."""
        every = sorted(chosen.sections(), key=lambda section: section.passage.rank)
        said_once = {each.chunk_id for each in collapse_near_duplicates([each.passage for each in every])}
        sections = [section for section in every if section.passage.chunk_id in said_once]
        repeated = {pk for section in every for pk in section.found if section not in sections}
        reasons = {each.chunk_id: each for each in left_out}
        reasons |= {pk: LeftOut(pk, Reason.DUPLICATE) for pk in repeated}
        for number, section in enumerate(sections, start=1):
            reasons |= {each.chunk_id: LeftOut(each.chunk_id, Reason.MERGED, number) for each in section.members}
            reasons.pop(section.passage.chunk_id)
        searched = [passage.chunk_id for passage in self.passages]
        return Packed(tuple(sections), tuple(reasons[pk] for pk in searched if pk in reasons))

    def _tokens_at(self, place: int) -> int:
        return self._tokens(self.near[place].chunk_id, self.near[place].text)

    def _tokens(self, chunk_id: int, text: str) -> int:
        if chunk_id not in self._counted:
            self._counted[chunk_id] = self.text_tokens(text) + 1  # The blank behind it.
        return self._counted[chunk_id]


@dataclass(slots=True)
class _Chosen:
    """Which neighbours are taken in, by their place in `near`, and which hits."""

    near: Sequence[Neighbour]
    places: Mapping[int, int]
    hits: dict[int, Passage] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    def touches(self, at: int) -> bool:
        """Whether it follows upon something that is taken in, or something such upon it."""
        return (at - 1 in self.taken and self._linked(at - 1)) or (at + 1 in self.taken and self._linked(at))

    def run_around(self, at: int) -> range:
        first = last = at
        while first - 1 in self.taken and self._linked(first - 1):
            first -= 1
        while last + 1 in self.taken and self._linked(last):
            last += 1
        return range(first, last + 1)

    def outwards(self, at: int) -> Iterator[int]:
        """Places of the same section around the run, behind and before it in turn; each is taken before the next."""
        path = self.near[at].heading_path
        behind = before = True
        while behind or before:
            run = self.run_around(at)
            behind = behind and self._linked(run[-1]) and _within(self.near[run[-1] + 1], path)
            if behind:
                yield run[-1] + 1
            run = self.run_around(at)
            before = before and run[0] > 0 and self._linked(run[0] - 1) and _within(self.near[run[0] - 1], path)
            if before:
                yield run[0] - 1

    def sections(self) -> Iterator[Section]:
        seen: set[int] = set()
        for chunk_id, passage in self.hits.items():
            at = self.places.get(chunk_id)
            if at is None:
                yield alone(passage)
            elif at not in seen:
                run = self.run_around(at)
                seen.update(run)
                yield joined([self.near[place] for place in run], self.hits)

    def _linked(self, at: int) -> bool:
        """Whether the next place follows upon this one in the document."""
        return at + 1 < len(self.near) and self.near[at].gap is not None


def _within(chunk: Neighbour, path: tuple[str, ...]) -> bool:
    """Whether the chunk stands in the section, or in one below it."""
    return chunk.heading_path[: len(path)] == path
