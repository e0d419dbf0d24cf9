"""What a question asks for: which of its weighty words a text holds, and whether the text holds that kind
of answer.
"""

import re
from collections.abc import Mapping

WORD = re.compile(r"[^\W_]+")
# A lexeme is a stem, so a word matches that begins with it and is not much longer; final vowels are often
# rewritten.
REWRITTEN_ENDINGS = "iey"
LONGEST_ENDING = 5
SHORT_STEM, ENDING_OF_SHORT_STEM = 3, 3

NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|billion|half|"
    r"third|dozen|percent)\b",
    re.I,
)
DATE = re.compile(
    r"\b(?:1\d{3}|20\d\d)\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|"
    r"december|century|monday|tuesday|wednesday|thursday|friday|saturday|sunday|daily|weekly|monthly|annually)\b",
    re.I,
)
NAME = re.compile(r"(?<=[a-z,;:)0-9] )[A-Z][a-zà-ÿ]+|[A-Z][a-z]+ (?:[A-Z][a-z]+|of [A-Z])")
REASON = re.compile(r"\b(?:because|due to|since|so that|in order to|caused?|reason|result|therefore|as a)\b", re.I)

# What a question asks for, by how it asks; the first that fits counts.
KINDS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        re.compile(
            r"\bhow (?:many|much|long|old|often|large|big|far|high|tall)\b"
            r"|\bwhat (?:percent|percentage|number|amount|proportion|is the (?:price|cost|fee|limit))",
            re.I,
        ),
        NUMBER,
    ),
    (re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time)\b", re.I), DATE),
    (
        re.compile(
            r"\bwho(?:m|se)?\b|\bwhere\b"
            r"|\b(?:what|which) (?:city|country|person|state|company|organi[sz]ation)\b",
            re.I,
        ),
        NAME,
    ),
    (re.compile(r"\bwhy\b", re.I), REASON),
)


def kind_asked_for(question: str) -> re.Pattern[str] | None:
    """What an answer must look like: a number, a date, a name or a reason; None where the question does not
    say.
    """
    return next((kind for asks, kind in KINDS if asks.search(question)), None)


def lexemes_in(text: str, lexemes: Mapping[str, float]) -> frozenset[str]:
    """The lexemes whose words occur in the text."""
    words = {word.lower() for word in WORD.findall(text)}
    return frozenset(lexeme for lexeme in lexemes if any(_is_form(word, lexeme) for word in words))


def share(found: frozenset[str], idf: Mapping[str, float]) -> float:
    """How much of the question's weight the lexemes carry, from 0 to 1."""
    total = sum(idf.values())
    return sum(idf[lexeme] for lexeme in found) / total if total else 0.0


def _is_form(word: str, lexeme: str) -> bool:
    stem = lexeme[:-1] if len(lexeme) > 4 and lexeme[-1] in REWRITTEN_ENDINGS else lexeme
    longest = ENDING_OF_SHORT_STEM if len(stem) <= SHORT_STEM else LONGEST_ENDING
    return word.startswith(stem) and len(word) - len(stem) <= longest
