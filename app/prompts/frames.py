"""Sets quoted material off from what we say to a model, so that no material can step out of its frame. Pure.

Every line of ours around the material begins with a word that is random for each call and that occurs nowhere in the
material; what a document has a say in on such a line (a title, a heading) stands there as one quoted string.
"""

import json
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
MARKER = re.compile(r"\[(?=\s*\d)")
LONGEST_QUOTED = 200  # In characters.
JOINER = "\u2060"
# What chat templates write to end a message and begin another. A server reads it as that wherever it stands.
CONTROL = re.compile(
    r"<(?=[|｜]|</?SYS>|/?(?:s|bos|eos|unk|pad)>|(?:start|end)_of_turn>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS)\])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame word that the material does not contain."""

    word: str

    @classmethod
    def around(cls, material: Iterable[str], new_word: Callable[[], str] | None = None) -> "Frame":
        """A frame for `material`: every text that will stand in the same prompt and is not ours."""
        new_word = new_word or _random_word
        whole = "\n".join(material).casefold()
        word = new_word()
        while word.casefold() in whole:
            word += new_word()
        return cls(word)

    def block(self, name: str, text: str, about: str = "") -> str:
        """`text` between two lines of ours. `name` and `about` are ours, but for what `quoted` made."""
        head = f"{name} {about}" if about else name
        return f"{self.word} {head}\n{unmarked(text)}\n{self.word} end of {name}"


def quoted(text: str) -> str:
    """A document's own words on one of our lines: one string that neither ends early nor begins a line."""
    flat = BLANKS.sub(" ", text).strip()
    short = flat if len(flat) <= LONGEST_QUOTED else flat[: LONGEST_QUOTED - 1] + "…"
    return json.dumps(unmarked(short), ensure_ascii=False)


def unmarked(text: str) -> str:
    """`plain` text whose own "[2]" is not taken for the number of a passage: an invisible joiner keeps them apart."""
    return MARKER.sub(f"[{JOINER}", plain(text))


def plain(text: str) -> str:
    """The text without anything that a chat template would read as the end of a message, kept apart likewise."""
    return CONTROL.sub(lambda found: found[0] + JOINER, text)


def _random_word() -> str:
    return f"FRAME-{secrets.token_hex(6)}"
