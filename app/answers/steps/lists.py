"""The list that a sentence leads to or is an item of: a procedure is quoted whole or not understood. Pure."""

import re

from app.corpus.sentences import BULLET, Sentence

# Questions whose answer is likely more than one item of a list.
ASKS_FOR_ALL = re.compile(
    r"\bhow (?:do|can|should|must|to)\b|\bsteps?\b|\bprocedure\b|\blist\b|\ball\b|\bwhat (?:are|all)\b", re.I
)
LONGEST = 1500  # In characters; of a longer list the one item says more.
MOST_BLANK = 2


def with_its_list(question: str, passage: str, sentence: Sentence) -> Sentence:
    """The sentence with its list where it leads to one, or where it is an item and the question asks for more."""
    if sentence.header:
        return sentence
    lines = _lines(passage)
    at = next((n for n, (start, end) in enumerate(lines) if start <= sentence.start < max(end, start + 1)), None)
    if at is None:
        return sentence
    is_item = _is_item(passage, lines[at])
    leads = not is_item and sentence.text.endswith(":")
    if not (leads or (is_item and ASKS_FOR_ALL.search(question))):
        return sentence
    first, last = _block(passage, lines, at) if is_item else (at, _block(passage, lines, at)[1])
    start = sentence.start if leads else lines[first][0]
    end = lines[last][1]
    if first == last or end - start > LONGEST:
        return sentence
    return Sentence(start, end, passage[start:end])


def _block(passage: str, lines: list[tuple[int, int]], at: int) -> tuple[int, int]:
    """The first and the last line of the items around `at`, with the line that leads to them."""
    first = last = at
    while (above := _next(passage, lines, first, -1)) is not None and _is_item(passage, lines[above]):
        first = above
    while (below := _next(passage, lines, last, 1)) is not None and _is_item(passage, lines[below]):
        last = below
    intro = _next(passage, lines, first, -1)
    if intro is not None and passage[slice(*lines[intro])].rstrip().endswith(":"):
        first = intro
    return first, last


def _next(passage: str, lines: list[tuple[int, int]], at: int, step: int) -> int | None:
    """The nearest line with words in that direction."""
    place = at + step
    while 0 <= place < len(lines) and abs(place - at) <= MOST_BLANK:
        if passage[slice(*lines[place])].strip():
            return place
        place += step
    return None


def _is_item(passage: str, line: tuple[int, int]) -> bool:
    text = passage[slice(*line)].lstrip()
    return bool(BULLET.match(text))


def _lines(passage: str) -> list[tuple[int, int]]:
    found, start = [], 0
    for line in passage.split("\n"):
        found.append((start, start + len(line)))
        start += len(line) + 1
    return found
