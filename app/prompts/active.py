"""Prompt texts are files beside this one; a prompt's version is the hash of its text, so an answer can name it."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Prompt:
    """`version` reads "answer@1a2b3c4d"."""

    name: str
    version: str
    text: str


@cache
def active_prompt(name: str) -> Prompt:
    """The text in use under `name`. An unknown name is a bug and raises FileNotFoundError."""
    text = (TEXTS / f"{name}.md").read_text(encoding="utf-8")
    return Prompt(name, f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:8]}", text)
