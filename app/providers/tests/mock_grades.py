"""What the misbehaving server says when it is asked to grade an answer: grades by bare words."""

import json
import re
from collections.abc import Iterable, Sequence

WORD = re.compile(r"[\w.,]*\w")
BLOCK = re.compile(
    r"^\S+ (answer|reference answer|passage \d+)\b[^\n]*\n(.*?)\n\S+ end of \1$", re.MULTILINE | re.DOTALL
)


def is_grading(messages: Sequence[dict]) -> bool:
    """Whether this is a request for grades by a rubric."""
    return any(message["role"] == "system" and "The rubric:" in message["content"] for message in messages)


def grades(messages: Sequence[dict]) -> str:
    """Correct and complete where the answer has most words of the reference, grounded where passages have its own."""
    blocks = BLOCK.findall("\n".join(message["content"] for message in messages if message["role"] == "user"))
    answer = _words(text for name, text in blocks if name == "answer") - {"passage"}
    reference = _words(text for name, text in blocks if name == "reference answer")
    passages = _words(text for name, text in blocks if name.startswith("passage"))
    right, grounded = (2 if _most(*each) else 0 for each in ((reference, answer), (answer, passages)))
    said = {"correct": right, "grounded": grounded, "complete": right, "cited": grounded, "safe": 1}
    return json.dumps({"reason": "By its words.", **said, "outcome": int(right > 0)})


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in WORD.findall(text.lower()) if len(word) > 1}


def _most(wanted: set[str], there: set[str]) -> bool:
    return len(wanted & there) >= 0.6 * len(wanted)
