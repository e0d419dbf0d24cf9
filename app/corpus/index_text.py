"""What a chunk is searched by: the text that is embedded and the text whose words are indexed.

A passage rarely repeats what its document and section are called, so both carry the title and the headings
above it.
"""

from collections.abc import Sequence


def index_text(title: str, heading_path: Sequence[str], text: str) -> tuple[str, str]:
    """The text to embed and the text for the keyword index. Headings that the passage begins with count once."""
    names = _without_repeats([title, *heading_path])
    context = " > ".join(names)
    body = _without_leading(names, text)
    indexed = f"{context}\n{body}" if context else body
    return indexed, indexed


def _without_leading(names: Sequence[str], text: str) -> str:
    lines = text.split("\n")
    place = 0
    while place < len(lines) and (not lines[place].strip() or lines[place].strip() in names):
        place += 1
    return "\n".join(lines[place:]) or text


def _without_repeats(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))
