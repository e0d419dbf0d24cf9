"""How much of the question's wording a passage repeats, by runs of four characters.

A whole word must match as its stem or not at all; runs of characters also see "reimburse" in
"reimbursement", "set-up" in "setup", and most of a mistyped name. Pure: texts in, shares out.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping

RUN = 4
WORDS = re.compile(r"\w+")


def overlap(question: str, passages: Mapping[int, str]) -> dict[int, float]:
    """The share of the question's runs that each passage has, by the passages' keys, from 0 to 1.

    A run counts the more the fewer of these passages have it: ln(1 + passages / passages with it).
    """
    wanted = runs(question)
    found = {key: wanted & runs(text) for key, text in passages.items()}
    holding = Counter(run for held in found.values() for run in held)
    weight = {run: math.log(1 + len(passages) / count) for run, count in holding.items()}
    total = sum(weight.values())
    return {key: sum(weight[run] for run in held) / total if total else 0.0 for key, held in found.items()}


def runs(text: str) -> set[str]:
    """All runs of characters of the text's words in small letters, one blank between words and around them."""
    words = f" {' '.join(WORDS.findall(text.lower()))} "
    return {words[place : place + RUN] for place in range(len(words) - RUN + 1)}
