"""A model that reads: it writes the sentences of the passages that are nearest to the question, each with its marker.

It does what its instructions say and no more, as a dull model would: it names sources only where it is told to use
square brackets, says NOT_FOUND only where it is told that word, and copies the line above a passage unless it is told
never to repeat it. So a change of the prompt changes its answers. It knows no synonyms.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from app.providers.tests.mock_passages import asked

FRAMED = re.compile(r"^(\S+) \[(\d+)\]([^\n]*)\n(.*?)\n\1 end of \[\2\]$", re.MULTILINE | re.DOTALL)
STANDALONE = re.compile(r"\(That is: (.+)\)\s*\Z")
PART = re.compile(r"[^\n]+?(?:[.!?](?=\s|$)|$)", re.MULTILINE)
WORD = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*")
COMMON = frozenset(
    WORD.findall(
        "a about all am an and any are as at be been but by can could did do does for from had has have he how i if in "
        "is it its me may much must my of on one or our she should so some tell than that the their them there they "
        "this to us was we were what whats what's when where which who whom why will with would you your please many"
    )
)
# How much of what the question asks for, by weight, a sentence and its headings say at least.
NEAR = 0.3
CLOSE_TO_BEST = 0.75
HEADING_COUNTS = 0.5
MOST_SENTENCES = 3
SHORTEST = 3


class Read(NamedTuple):
    """A sentence or row, and the line that stands above its passage."""

    number: str
    text: str
    line: str


def read_aloud(messages: Sequence[dict]) -> str:
    """The reply; "" where nothing is near and no word for that was given."""
    rules = "\n".join(message["content"] for message in messages if message["role"] == "system")
    found = nearest(messages)
    if not found:
        return "NOT_FOUND" if "NOT_FOUND" in rules else "The passages do not say."
    cites, hushed = "square brackets" in rules, "Never repeat" in rules
    return " ".join(
        f"{'' if hushed else each.line + ' '}{each.text.rstrip(' .')}{f' [{each.number}]' if cites else ''}."
        for each in found
    )


def nearest(messages: Sequence[dict]) -> list[Read]:
    """The best few, in the order in which they stand."""
    heard = "\n".join(message["content"] for message in messages if message["role"] == "user")
    parts = _parts(heard)
    told = STANDALONE.search(heard)
    wanted = _stems(told[1] if told else (asked(messages) or [""])[-1])
    scores = _scores(parts, wanted)
    best = max(scores, default=0.0)
    if best < NEAR:
        return []
    order = sorted(range(len(parts)), key=lambda at: (-scores[at], at))[:MOST_SENTENCES]
    return [parts[at] for at in sorted(order) if scores[at] >= CLOSE_TO_BEST * best]


def _parts(heard: str) -> list[Read]:
    return [
        Read(number, part.strip().lstrip("#*- "), f"{frame} [{number}]{about}")
        for frame, number, about, text in FRAMED.findall(heard)
        for part in PART.findall(text)
        if len(WORD.findall(part)) >= SHORTEST and not part.lstrip().startswith("#")
    ]


def _scores(parts: Sequence[Read], wanted: set[str]) -> list[float]:
    """The weight of the wanted words that each part has; rare words weigh more, and headings count by half."""
    own = [_stems(part.text) for part in parts]
    above = [_stems(part.line) for part in parts]
    seen = Counter(stem for stems in own for stem in stems & wanted)
    # A word that stands nowhere weighs no more than one that stands once or twice.
    weights = {stem: math.log(1 + len(parts) / max(seen[stem], 2)) for stem in wanted}
    whole = sum(weights.values())
    if not whole:
        return [0.0] * len(parts)
    return [
        sum(
            weight * (1.0 if stem in has else HEADING_COUNTS if stem in headed else 0.0)
            for stem, weight in weights.items()
        )
        / whole
        for has, headed in zip(own, above, strict=True)
    ]


def _stems(text: str) -> set[str]:
    """Content words, without their usual endings."""
    words = (word.lower() for word in WORD.findall(text))
    return {re.sub(r"(?<=...)(?:ies|ing|ed|es|s|y|e)$", "", word) for word in words if word not in COMMON}
