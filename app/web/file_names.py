"""Names of files as browsers are given them for a download.

A name comes from whoever wrote the document, so it may hold anything: parts of a path, line ends, quotes, characters
that turn the reading direction around so that "exe" reads as "pdf".
"""

import re
import unicodedata

MOST_CHARACTERS = 150
MOST_ENDING = 10
USUAL = "document"
# Separators, and what some systems take for something else than a part of a name.
SPECIAL = re.compile(r'[\\/:*?"<>|]+')


def harmless_name(name: str) -> str:
    """What is left of `name`: one part of a path, with its last ending, that reads as it is written."""
    last = re.split(r"[\\/]", name)[-1]
    seen = "".join(
        each if is_seen(each) else " " if each.isspace() else "" for each in unicodedata.normalize("NFC", last)
    )
    plain = SPECIAL.sub("_", " ".join(seen.split())).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) <= MOST_ENDING:
        return f"{stem[: MOST_CHARACTERS - len(ending)] or USUAL}.{ending}"
    return plain[:MOST_CHARACTERS] or USUAL


def is_seen(character: str) -> bool:
    """Not a control character, nor one that is invisible or changes the direction."""
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
