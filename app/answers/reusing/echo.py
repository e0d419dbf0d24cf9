"""Whether an answer repeats something that only its question said, such as who asks. Pure.

"Yes, Maria, employee 4711 may …" answers one person. What also stands in the evidence is no secret of the asker:
everybody who is given this answer again may read it there.
"""

import re
from collections.abc import Iterable

from app.answers.checking.words import STOP_WORDS

TOKEN = re.compile(r"[^\W_]+(?:[-.@+'’/_][^\W_]+)*")
PART = re.compile(r"[^\W_]+")


def echoes(question: str, answer: str, evidence: Iterable[str]) -> bool:
    """Whether a name-like word or a number of the answer comes from the question alone."""
    said = {token.casefold() for token in _tokens(question)}
    known = {token.casefold() for text in evidence for token in _tokens(text)}
    return any(
        token.casefold() in said and token.casefold() not in known and token.casefold() not in STOP_WORDS
        for token in _tokens(answer)
        if _may_identify(token)
    )


def _tokens(text: str) -> list[str]:
    """Words, joined ones both whole and in parts: "maria.long@example.com" is also "maria"."""
    return [*TOKEN.findall(text), *PART.findall(text)]


def _may_identify(token: str) -> bool:
    return token[0].isupper() or any(sign.isdigit() for sign in token) or "@" in token
