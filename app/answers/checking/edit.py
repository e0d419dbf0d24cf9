"""Writes an answer anew after its sentences were judged: what failed goes or stays, and markers are counted afresh."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.answers.checking.check import FAILED, Judged, Verdict
from app.answers.checking.claims import MARKER

LINE_OPENING = re.compile(r"(?:^|\n)[^\S\n]*(?:(?:[-*•–·]|\d{1,3}[.)]|[a-z][.)])[^\S\n]*)?\|?[^\S\n]*$")
CLOSING = re.compile(r"(\s*[.!?…:;]*[\"'”’)*_]*(?:\s*\|)?\s*)$")
MARKER_WITH_BLANK = re.compile(r"[ \t]*\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Placed:
    """A sentence that stayed: `text[start:end]` of the new answer, with the markers it now has."""

    start: int
    end: int
    markers: tuple[int, ...]
    judged: Judged


@dataclass(frozen=True, slots=True)
class Edited:
    """`order[n]` is the passage that marker n + 1 stands for."""

    text: str
    sentences: tuple[Placed, ...]
    order: tuple[int, ...]
    removed: tuple[Judged, ...]


def edited(answer: str, judged: Sequence[Judged], cited: dict[int, int], *, remove: bool, mark: str = "") -> Edited:
    """The answer with every marker put right and without its failed sentences, or with `mark` behind each of them."""
    going = _going(judged) if remove else frozenset[int]()
    writer = _Writer(cited, mark)
    position = 0
    for at, each in enumerate(judged):
        gap = answer[position : each.claim.start]
        position = each.claim.end
        if at in going:
            writer.leave_out(gap, answer[position : position + 1])
        else:
            writer.write(gap, answer[each.claim.start : each.claim.end], each)
    writer.close(answer[position:])
    removed = tuple(each for at, each in enumerate(judged) if at in going and each.verdict in FAILED)
    return Edited(writer.text, tuple(writer.placed), tuple(writer.order), removed)


def _going(judged: Sequence[Judged]) -> frozenset[int]:
    """Failed sentences, and what only announces sentences that all go: "These are the limits:"."""
    going = {at for at, each in enumerate(judged) if each.verdict in FAILED}
    for at, each in enumerate(judged):
        if each.verdict == Verdict.NO_CLAIM and _announces(each):
            following = _until_next_announcement(judged, at + 1)
            if following and all(place in going for place in following):
                going.add(at)
    return frozenset(going)


def _announces(judged: Judged) -> bool:
    return judged.claim.text.rstrip("*_ ").endswith(":") or not judged.claim.text.rstrip().endswith((".", "!", "?"))


def _until_next_announcement(judged: Sequence[Judged], start: int) -> list[int]:
    places = []
    for at in range(start, len(judged)):
        if judged[at].verdict == Verdict.NO_CLAIM and _announces(judged[at]):
            break
        places.append(at)
    return places


class _Writer:
    def __init__(self, cited: dict[int, int], mark: str) -> None:
        self._mark = mark
        self.text = ""
        self.placed: list[Placed] = []
        self.order: list[int] = []
        self._cited = cited
        self._left_out = False

    def write(self, gap: str, sentence: str, judged: Judged) -> None:
        self._gap(gap)
        numbers = {place: self._number(place) for place in self._in_order(sentence, judged)}
        start = len(self.text)
        self.text += self._marked(sentence, judged, numbers)
        self.text += self._mark if judged.verdict in FAILED else ""
        self.placed.append(Placed(start, len(self.text), tuple(sorted(set(numbers.values()))), judged))

    def leave_out(self, gap: str, following: str) -> None:
        self._gap(gap)
        opening = LINE_OPENING.search(self.text)
        if opening and following in ("", "\n"):
            self.text = self.text[: opening.start()]
        else:
            self.text = self.text.rstrip(" \t")
        self._left_out = True

    def close(self, rest: str) -> None:
        self._gap(rest)
        self.text = self.text.rstrip()

    def _gap(self, gap: str) -> None:
        if self._left_out:
            gap = gap if self.text else gap.lstrip()
            gap = gap.lstrip("\n") if self.text.endswith("\n\n") else gap
            gap = f" {gap.lstrip(' ')}" if self.text[-1:].strip() and gap[:1] not in ("\n", " ", "") else gap
            self._left_out = False
        self.text += gap

    def _in_order(self, sentence: str, judged: Judged) -> list[int]:
        """The passages of the sentence as their markers stand in it, then those that are new to it."""
        said = [self._cited[int(number)] for number in MARKER.findall(sentence) if int(number) in self._cited]
        return list(dict.fromkeys([*(place for place in said if place in judged.sources), *judged.sources]))

    def _number(self, place: int) -> int:
        if place not in self.order:
            self.order.append(place)
        return self.order.index(place) + 1

    def _marked(self, sentence: str, judged: Judged, numbers: dict[int, int]) -> str:
        written: set[int] = set()

        def renumbered(marker: re.Match[str]) -> str:
            place = self._cited.get(int(marker[1]))
            if place not in numbers or place in written:
                return ""
            written.add(place)
            return marker[0].replace(f"[{marker[1]}]", f"[{numbers[place]}]")

        text = MARKER_WITH_BLANK.sub(renumbered, sentence)
        missing = [f"[{numbers[place]}]" for place in numbers if place not in written]
        if not missing:
            return text
        closing = CLOSING.search(text)
        at = closing.start() if closing else len(text)
        return f"{text[:at]} {''.join(missing)}{text[at:]}"
