"""The list that a sentence leads to or is an item of, or its paragraph: a procedure is quoted whole or not understood.

Pure.
"""

import re

from app.corpus.sentences import BULLET, Sentence, split

# Questions what to do, and questions of two parts: one sentence hardly answers them.
ASKS_WHAT_TO_DO = re.compile(
    r"\bhow (?:do|can|should|shall|must|to)\b|\bsteps?\b|\bstep[- ]by[- ]step\b|\bprocedure\b|\bprocess\b"
    r"|\bwhat (?:now|if|happens|next)\b|\bwhat (?:do|must|should|shall|can|am|are) (?:i|we|you)\b|\bnow what\b"
    r"|\bwhat to do\b|\b(?:and|&) (?:how|what|when|where|who|which|why|by when|until when)\b"
    r"|\?\s+(?:and )?(?:how|what|when|where|who|which|why)\b",
    re.I,
)
# Questions whose answer is likely more than one item of a list.
ASKS_FOR_ALL = re.compile(
    r"\bhow (?:do|can|should|must|to)\b|\bsteps?\b|\bprocedure\b|\blist\b|\ball\b|\bwhat (?:are|all)\b", re.I
)
ASKS_FOR_EACH_ROW = re.compile(r"\blist\b|\ball (?:of )?(?:the|our|its|their|your)\b|\bevery\b|\beach of\b", re.I)
LONGEST = 1500  # In characters; of a longer list the one item says more.
LONGEST_PARAGRAPH = 700
MOST_BLANK = 2


def with_its_context(question: str, passage: str, sentence: Sentence) -> Sentence:
    """The sentence with its list or table where the question asks for all of it, or with its paragraph where the
    question asks what to do.
    """
    whole = with_its_list(question, passage, sentence)
    if whole != sentence:
        return whole
    if sentence.header:
        return _with_its_table(passage, sentence) if ASKS_FOR_EACH_ROW.search(question) else sentence
    return _with_its_paragraph(passage, sentence) if ASKS_WHAT_TO_DO.search(question) else sentence


def _with_its_table(passage: str, row: Sentence) -> Sentence:
    """All rows below the same header, those that the passage has; the row itself where that is too long."""
    rows = [each for each in split(passage) if each.header == row.header]
    start, end = rows[0].start, rows[-1].end
    return Sentence(start, end, passage[start:end], row.header) if end - start <= LONGEST else row


def _with_its_paragraph(passage: str, sentence: Sentence) -> Sentence:
    """What stands between the blank lines around the sentence; of a long paragraph what follows the sentence."""
    start = passage.rfind("\n\n", 0, sentence.start) + 2 if "\n\n" in passage[: sentence.start] else 0
    end = passage.find("\n\n", sentence.end)
    end = end if end >= 0 else len(passage)
    inside = [each for each in split(passage) if start <= each.start and each.end <= end and not each.header]
    while inside and (inside[-1].end - inside[0].start > LONGEST_PARAGRAPH):
        inside = inside[1:] if inside[0].start < sentence.start else inside[:-1]
    if not inside or not (inside[0].start <= sentence.start and sentence.end <= inside[-1].end):
        return sentence
    first, last = inside[0].start, inside[-1].end
    return Sentence(first, last, passage[first:last])


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
    asks_for_more = ASKS_FOR_ALL.search(question) or ASKS_WHAT_TO_DO.search(question)
    if not (leads or (is_item and asks_for_more)):
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
