"""The prompt texts that come with the product: `texts/<name>/<number>.md`, the highest number being the newest.

A file opens with who wrote it, when and why; the text follows byte for byte. A new text is a new file beside the
old one, so that every installation knows what earlier answers were asked with.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"
HEAD = re.compile(
    r"---\nauthor: (?P<author>.+)\ncreated: (?P<created>\d{4}-\d{2}-\d{2})\nreason: (?P<reason>.+)\n---\n"
)


@dataclass(frozen=True, slots=True)
class ShippedPrompt:
    """`file` is its path below `texts/`."""

    name: str
    file: str
    text: str
    author: str
    created: date
    reason: str

    @property
    def hash(self) -> str:
        return hash_of(self.text)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def shipped_names() -> tuple[str, ...]:
    return tuple(sorted(folder.name for folder in TEXTS.iterdir() if folder.is_dir()))


@cache
def shipped(name: str) -> tuple[ShippedPrompt, ...]:
    """The texts shipped under `name`, oldest first. An unknown name is a bug and raises FileNotFoundError."""
    files = sorted((TEXTS / name).glob("*.md"), key=lambda path: int(path.stem))
    if not files:
        raise FileNotFoundError(f"There is no prompt {name}.")
    return tuple(read(name, path) for path in files)


def newest_shipped(name: str) -> ShippedPrompt:
    return shipped(name)[-1]


def read(name: str, path: Path) -> ShippedPrompt:
    """Raises ValueError for a file that does not say who wrote it, when and why."""
    whole = path.read_text(encoding="utf-8")
    head = HEAD.match(whole)
    if head is None:
        raise ValueError(f"{path} does not open with author, created and reason between two lines of ---.")
    created = date.fromisoformat(head["created"])
    return ShippedPrompt(name, f"{name}/{path.name}", whole[head.end() :], head["author"], created, head["reason"])
