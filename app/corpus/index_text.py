"""What a chunk is searched by: the text that is embedded and the text whose words are indexed.

A passage rarely repeats what its document and section are called, so both carry the title and the headings
above it.
"""

from collections.abc import Sequence


def index_text(title: str, heading_path: Sequence[str], text: str) -> tuple[str, str]:
    """The text to embed and the text for the keyword index."""
    context = " > ".join(_without_repeats([title, *heading_path]))
    embedded = f"{context}\n{text}" if context else text
    return embedded, embedded


def _without_repeats(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))
