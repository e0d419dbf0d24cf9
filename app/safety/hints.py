"""Which rules could match a text at all, told in one pass over it.

Each rule needs one of its hints. All hints of all rules are put to RE2 together, whose time does not grow with their
number.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from app.safety.injection_rules import RULES, Rule

# Those that stand inside of too many other words, or are orders only beside another one.
_NO_WORD = r"(?:[^a-z0-9]|\z)"
_MORE_EXACTLY = {
    "ai": rf"(?:\A|[^a-z0-9])a\.?i\.?s?{_NO_WORD}",
    "bot": rf"bots?{_NO_WORD}",
    "drop": rf"drop{_NO_WORD}",
    "follow": r"(?:not|don[\x{2019}']?t|stop)[\s\x{a0}]+follow",
    "obey": r"(?:not|don[\x{2019}']?t)[\s\x{a0}]+obey",
}
# What may be an order in base64 or in hexadecimal digits.
_ENCODED = rb"[A-Za-z0-9+/_-]{28}|(?:[0-9a-fA-F]{2} ){15}"


class Hints:
    """The rules worth trying on a text in small letters."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        import re2

        self._set = re2.Set.SearchSet(re2.Options())
        self._of: list[frozenset[int]] = []
        every = {hint for rule in rules for hint in (*rule.hints, *rule.also)}
        for hint in sorted(every):
            self._set.Add(_MORE_EXACTLY.get(hint) or re2.escape(hint))
            self._of.append(frozenset(at for at, rule in enumerate(rules) if hint in rule.hints))
        self._also = [frozenset(at for at, rule in enumerate(rules) if hint in rule.also) for hint in sorted(every)]
        self._free = frozenset(at for at, rule in enumerate(rules) if not rule.also)
        self._set.Compile()
        self._encoded = re2.compile(_ENCODED)
        self._rules = rules

    def worth_trying(self, small: str) -> list[Rule]:
        found = self._set.Match(small.encode("utf-8", "replace")) or []
        begun = frozenset[int]().union(*(self._of[at] for at in found))
        also = self._free.union(*(self._also[at] for at in found))
        return [self._rules[at] for at in sorted(begun & also)]

    def may_be_encoded(self, text: str) -> bool:
        return self._encoded.search(text.encode("utf-8", "replace")) is not None


@functools.cache
def hints() -> Hints:
    return Hints(RULES)
