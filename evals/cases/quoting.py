"""Whether words stand in a text, whatever white space, punctuation, emphasis or table marks lie between them. Pure.

So a passage is found in the plain text of a file, in what the product's parser makes of it, and in a stored chunk.
"""

import re

# A run of letters and digits, or a sign that changes what a number means.
WORD = re.compile(r"[^\W_]+|[£€$%°±]")


def words_of(text: str) -> str:
    """The words in small letters with one space between them and at both ends, so that a part is found whole."""
    return f" {' '.join(WORD.findall(text.casefold()))} "


def stands_in(part: str, whole: str) -> bool:
    return words_of(part) in words_of(whole)
