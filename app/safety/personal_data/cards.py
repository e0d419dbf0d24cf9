"""Finds payment cards: numbers with a right check digit, and any of their length that is called a card."""

from __future__ import annotations

import re

Span = tuple[int, int]

_NUMBER = re.compile(
    r"(?<![\w.,/+-])(?:\d{12,19}|\d{4}(?:[ -]\d{4}){2,3}(?:[ -]?\d{1,3})?|\d{4}[ -]\d{6}[ -]\d{4,5})(?![\w-]|[.,]\d)"
)
_CALLED = re.compile(
    r"\b(?:(?:credit|debit|bank|payment|corporate|company|prepaid)[ -]?cards?|cards?|visa|mastercard|maestro|amex|"
    r"american express|"
    r"discover|diners|karte|tarjeta|carte)\b[^\n]{0,24}$",
    re.I,
)
_BEFORE = 48


def find_cards(text: str) -> list[Span]:
    return [match.span() for match in _NUMBER.finditer(text) if _is_card(text, match)]


def _is_card(text: str, match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match[0])
    if _CALLED.search(text[max(0, match.start() - _BEFORE) : match.start()]):
        return True
    return len(digits) >= 13 and digits[0] in "23456" and luhn(digits)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0
