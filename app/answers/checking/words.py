"""The words of a text as they are compared: small letters, without endings, without words that say little alone."""

import re
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
POSSESSIVE = re.compile(r"['’]s?$")
SAY_LITTLE = """
    a about above after again all also although am an and another any anyone are as at be because been before
    being below between both but by can could did do does doing done down during each either else etc even ever
    every everyone everybody few first for from further had has have having he her here hers him his how however
    i if in into is it its itself just least less let like made make makes many may me might more most much must
    my neither no none nor not now of off often on once one only or other others otherwise our out over own per
    please rather same shall she should since so some somebody someone such than that the their theirs them
    themselves then there therefore these they this those though through thus to too under unless until up upon
    us very via was we well were what when where whether which while who whoever whom whose why will with within
    without would yet you your yours according document documents passage passages source sources states state
    says say said mentioned mentions
"""
STOP_WORDS = frozenset(SAY_LITTLE.split())
# Longest first; what is left must still look like a word.
ENDINGS = ("ations", "ation", "ments", "ment", "ingly", "edly", "ings", "ing", "ions", "ion", "ied", "ies", "ers", "ed",
           "er", "es", "ly", "al", "s", "e", "y")  # fmt: skip
SHORTEST_STEM = 3
IRREGULAR = {
    "bought": "buy", "paid": "pay", "sold": "sell", "kept": "keep", "given": "give", "gave": "give", "taken": "take",
    "took": "take", "told": "tell", "sent": "send", "held": "hold", "found": "find", "written": "write",
    "wrote": "write", "chosen": "choose", "chose": "choose", "lost": "lose", "begun": "begin", "began": "begin",
    "ran": "run", "spent": "spend", "built": "build", "brought": "bring", "went": "go", "gone": "go", "came": "come",
    "known": "know", "knew": "know", "led": "lead", "met": "meet", "fell": "fall", "fallen": "fall", "rose": "rise",
    "grew": "grow", "grown": "grow", "won": "win", "dies": "die", "died": "die", "death": "die", "spoken": "speak",
    "spoke": "speak", "driven": "drive", "drawn": "draw", "worn": "wear", "men": "man", "women": "woman",
    "people": "person", "children": "child", "used": "use", "uses": "use",
}  # fmt: skip


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A stem that the forms of a word share more often than not: "approves", "approval" and "approved" are one."""
    plain = POSSESSIVE.sub("", word.lower())
    plain = IRREGULAR.get(plain, plain)
    if len(plain) <= SHORTEST_STEM or not plain.isalpha():
        return plain
    for _ in range(2):
        plain = _without_ending(plain)
    if len(plain) > SHORTEST_STEM and plain[-1] == plain[-2] and plain[-1] not in "aeiou":
        return plain[:-1]
    return plain


def _without_ending(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word if ending == "s" and word.endswith("ss") else word[: -len(ending)]
    return word


def words_of(text: str) -> list[str]:
    return [match[0] for match in WORD.finditer(text)]


def content_stems(text: str) -> frozenset[str]:
    """The stems that carry meaning; numbers are left to whoever compares numbers."""
    return frozenset(
        stem(word)
        for word in words_of(text)
        if word.lower() not in STOP_WORDS and not word[0].isdigit() and len(word) > 1
    )
