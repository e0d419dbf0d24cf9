"""Numbers and texts in what a browser sends: anybody can write anything there."""

from django.http import QueryDict

# As many digits as a row's number can have; Python itself refuses to read thousands of them.
LONGEST_NUMBER = 18
MOST_CHARACTERS = 2000


def number_asked(text: str) -> int | None:
    """The number that `text` is, or None for anything else."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def text_asked(sent: QueryDict, name: str, most: int = MOST_CHARACTERS) -> str:
    """Without the one character that the database cannot keep, without blanks around it, and cut; empty for none."""
    return sent.get(name, "").replace("\x00", "").strip()[:most]
