"""Finds numbered passages and questions in a prompt, whatever frame they stand in, as a model would."""

import re
from collections.abc import Sequence
from typing import NamedTuple

# "[1] Title", with at most one word before it; ends at the next one or at its "… end of [1]".
OPENING = r"^\W*(?:\S+ )?\[(\d+)\]"
PASSAGE = re.compile(OPENING + r"[^\n]*\n?(.*?)(?=^\W*(?:\S+ )?\[\d+\]|^\S+ end of \[|\Z)", re.MULTILINE | re.DOTALL)
TAGGED = re.compile(r"<([\w-]+)[^>]*\b(?:id|number|n)=\"(\d+)\"[^>]*>(.*?)</\1>", re.DOTALL)
SENTENCE = re.compile(r"[A-Z][^.!?\n]{15,}[.!?]")
QUESTION = re.compile(r"^(?:[\w -]*question|user|follow-up|asker|asked)\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)


class Passage(NamedTuple):
    number: str
    text: str


def passages_in(prompt: str) -> list[Passage]:
    """Those with text, each once, in the order given."""
    found = [Passage(number, text) for _, number, text in TAGGED.findall(prompt)]
    found = found or [Passage(number, text) for number, text in PASSAGE.findall(prompt)]
    return [each for each in found if each.text.strip()]


def first_sentences(passages: Sequence[Passage], limit: int = 2) -> list[Passage]:
    """The first sentence of each of the first passages that have one."""
    found = [(each.number, SENTENCE.search(each.text)) for each in passages]
    return [Passage(number, sentence[0]) for number, sentence in found if sentence][:limit]


def cited(passages: Sequence[Passage]) -> str:
    """The first sentence of each of the first two passages, with its marker."""
    return " ".join(f"{each.text[:-1]} [{each.number}]." for each in first_sentences(passages))


def asked(messages: Sequence[dict]) -> list[str]:
    """The questions of a conversation, the latest last: labelled lines, or else the user's messages."""
    users = [message["content"] for message in messages if message["role"] == "user"]
    labelled = [found.strip() for text in users for found in QUESTION.findall(text)]
    return labelled or [text.strip().splitlines()[-1] for text in users if text.strip()]
