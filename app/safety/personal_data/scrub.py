"""Takes out of a log line or an error report what can be told by its form alone, fast enough for every line.

Names cannot: that no text is logged in the first place is what keeps them out.
"""

from __future__ import annotations

import re

from app.safety.personal_data.cards import luhn

REMOVED = "[removed]"
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<![\w.-])(?:\d{13,19}|\d{4}(?:[ -]\d{4}){3})(?![\w.-])")
_PHONE = re.compile(r"(?<![\w+])\+[1-9][\d ().-]{6,18}\d(?!\w)")
_SOCIAL_SECURITY = re.compile(r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])")


def scrub(text: str) -> str:
    """`text` without e-mail addresses, IBANs, cards, international phone numbers and US social security numbers."""
    if "@" in text:
        text = _EMAIL.sub(REMOVED, text)
    if any(letter.isdigit() for letter in text):
        text = _ACCOUNT.sub(lambda match: REMOVED if _is_account(match[0]) else match[0], text)
        text = _CARD.sub(lambda match: REMOVED if _is_card(match[0]) else match[0], text)
        text = _SOCIAL_SECURITY.sub(REMOVED, text)
        text = _PHONE.sub(REMOVED, text)
    return text


def _is_account(text: str) -> bool:
    """ISO 13616: the number with its first four characters at the end is 1 modulo 97."""
    plain = re.sub(r"[ -]", "", text)
    number = "".join(str(int(each, 36)) for each in plain[4:] + plain[:4])
    return len(plain) >= 15 and int(number) % 97 == 1


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return digits[0] in "23456" and luhn(digits)
