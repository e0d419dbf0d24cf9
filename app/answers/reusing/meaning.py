"""Whether two questions ask the same, so that the answer to one answers the other. Pure.

Besides what `telling` compares exactly: nearness of their embeddings, and how many words only one of them has.
The more words differ, the nearer they must be.
"""

from typing import Any

import numpy as np

from app.answers.checking.words import content_stems
from app.answers.reusing.keys import Asked
from app.answers.reusing.telling import agree

# By the number of words that only one of the two has: the cosine that is needed. More: never.
# Chosen on one half of question pairs so that 0.3 % of look-alikes pass; see docs/quality.md.
CALIBRATED_FOR = "all-MiniLM-L6-v2"
NEEDED = (0.96, 0.98, 0.98)


def same_words(one: Asked, other: Asked) -> bool:
    """Names alone may differ: the same word is one with a capital and none without."""
    return one.question_key == other.question_key and _without_names(one) == _without_names(other)


def same_meaning(one: Asked, other: Asked) -> bool:
    """Both must be encoded by the model that the cosines were chosen for; with another only the same words count."""
    if not one.encoder == other.encoder == CALIBRATED_FOR or not agree(
        one.telling, other.telling, one.question, other.question
    ):
        return False
    different = len(content_stems(one.question) ^ content_stems(other.question))
    return different < len(NEEDED) and likeness(one, other) >= NEEDED[different]


def likeness(one: Asked, other: Asked) -> float:
    """The cosine of the two questions; 0 where their vectors cannot be compared."""
    left, right = (np.frombuffer(each.vector, dtype=np.float32) for each in (one, other))
    return float(left @ right) if left.shape == right.shape else 0.0


def _without_names(asked: Asked) -> dict[str, Any]:
    return {name: value for name, value in asked.telling.items() if name != "names"}
