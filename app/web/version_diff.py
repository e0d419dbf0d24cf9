"""What differs between two texts, line by line, with the words that changed marked inside a line.

Pure and bounded: the unchanged beginning and end are set aside first, and of what is left at most
`MOST_LINES` on each side are compared.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MOST_LINES = 2000
MOST_SHOWN = 600
CONTEXT = 2
LONGEST_MARKED = 1500
# So many characters of facing lines, one times the other, are compared word by word: at most a second.
MOST_MARKED = 30_000_000
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")

LineKind = Literal["same", "added", "removed", "gap"]


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of the comparison; a gap stands for `skipped` unchanged lines. Numbers count from 1."""

    kind: LineKind
    old: int | None = None
    new: int | None = None
    spans: tuple[Span, ...] = ()
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class TextDiff:
    lines: tuple[DiffLine, ...]
    added: int
    removed: int
    is_cut: bool


def diff(old: str, new: str) -> TextDiff:
    """`is_cut`: the texts differ in more than is compared or shown here."""
    before, after = old.splitlines(), new.splitlines()
    head, tail = common_ends(before, after)
    left, right = before[head : len(before) - tail], after[head : len(after) - tail]
    is_cut = max(len(left), len(right)) > MOST_LINES
    lines = list(compared(left[:MOST_LINES], right[:MOST_LINES], head))
    surrounded = [
        *same_lines(before, head, range(max(0, head - CONTEXT), head), offset=0),
        *lines,
        *same_lines(before, head, range(len(before) - tail, len(before) - tail + min(CONTEXT, tail)),
                    offset=len(after) - len(before)),
    ] if lines else []  # fmt: skip
    shown = folded(surrounded)
    return TextDiff(
        lines=tuple(shown[:MOST_SHOWN]),
        added=sum(line.kind == "added" for line in lines),
        removed=sum(line.kind == "removed" for line in lines),
        is_cut=is_cut or len(shown) > MOST_SHOWN,
    )


def common_ends(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same at the beginning, and how many of the rest at the end."""
    shortest = min(len(before), len(after))
    head = next((place for place in range(shortest) if before[place] != after[place]), shortest)
    rest = shortest - head
    tail = next((place for place in range(rest) if before[-1 - place] != after[-1 - place]), rest)
    return head, tail


def compared(left: Sequence[str], right: Sequence[str], head: int) -> Iterator[DiffLine]:
    effort = 0
    for tag, i, j, k, m in SequenceMatcher(None, left, right, autojunk=len(left) > 500).get_opcodes():
        if tag == "equal":
            yield from (
                DiffLine("same", head + i + step + 1, head + k + step + 1, (Span(left[i + step]),))
                for step in range(j - i)
            )
        else:
            effort += effort_of(left[i:j], right[k:m])
            yield from replaced(left[i:j], right[k:m], head + i, head + k, is_marked=effort <= MOST_MARKED)


def effort_of(old: Sequence[str], new: Sequence[str]) -> int:
    sizes = ((len(a), len(b)) for a, b in zip(old, new, strict=False))
    return sum(a * b for a, b in sizes if max(a, b) <= LONGEST_MARKED)


def replaced(
    old: Sequence[str], new: Sequence[str], old_at: int, new_at: int, *, is_marked: bool
) -> Iterator[DiffLine]:
    """Lines that face each other are compared word by word where `is_marked`."""
    pairs = [words(a, b) for a, b in zip(old, new, strict=False)] if is_marked else []
    for place, line in enumerate(old):
        spans = pairs[place][0] if place < len(pairs) else (Span(line),)
        yield DiffLine("removed", old=old_at + place + 1, spans=spans)
    for place, line in enumerate(new):
        spans = pairs[place][1] if place < len(pairs) else (Span(line),)
        yield DiffLine("added", new=new_at + place + 1, spans=spans)


def words(old: str, new: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    if max(len(old), len(new)) > LONGEST_MARKED:
        return (Span(old),), (Span(new),)
    a, b = TOKEN.findall(old), TOKEN.findall(new)
    codes = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    left = tuple(Span("".join(a[i:j]), tag != "equal") for tag, i, j, _, _ in codes if j > i)
    right = tuple(Span("".join(b[k:m]), tag != "equal") for tag, _, _, k, m in codes if m > k)
    return left, right


def same_lines(before: Sequence[str], head: int, places: range, *, offset: int) -> Iterator[DiffLine]:
    for place in places:
        yield DiffLine("same", place + 1, place + offset + 1, (Span(before[place]),))


def folded(lines: Sequence[DiffLine]) -> list[DiffLine]:
    """Only the unchanged lines near a change stay; a gap stands for the others."""
    near = {
        place + step for place, line in enumerate(lines) if line.kind != "same" for step in range(-CONTEXT, CONTEXT + 1)
    }
    kept: list[DiffLine] = []
    for place, line in enumerate(lines):
        if place in near:
            kept.append(line)
        elif kept and kept[-1].kind == "gap":
            kept[-1] = DiffLine("gap", skipped=kept[-1].skipped + 1)
        else:
            kept.append(DiffLine("gap", skipped=1))
    return kept
