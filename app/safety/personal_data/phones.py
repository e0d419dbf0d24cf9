"""Finds phone numbers of any country, by their form where it is telling and by the words around where it is not."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

Span = tuple[int, int]

_CANDIDATE = re.compile(
    r"(?<![\w.,:/@#=-])(?<!\d[ ])(?:\+[ ]?|\(\+?)?\d[\d ().\-/\u00a0\u2011\u2013]{4,22}\d(?:[ ]?(?:ext\.?|x|"
    r"extension)[ ]?\d{1,6})?"
    r"(?![\w@%]|[.,:/-]\d)",
    re.I,
)
_SURELY = re.compile(
    r"\b(?:(?:tele)?phone|phones|tel|mobile|mob|cell(?:ular|phone)?|fax|facsimile|call(?:ing)?|dial|ring|whatsapp|"
    r"hotline|helpline|"
    r"landline|telefon\w*|tél\w*|móvil|celular|telefono|telepono)\b",
    re.I,
)
_PERHAPS = re.compile(
    r"\b(?:called|calls|sms|text(?:ed)?|reach(?:ed|able)?|handy|numaram?|contact|registered|number|voicemail|pager|"
    r"switchboard|extension|emergency)\b",
    re.I,
)
_NOT_AROUND = re.compile(
    r"\b(?:order|invoice|ticket|case|article|item|sku|serial|version|isbn|vat|tax|account|card|ssn|passport|reference|"
    r"ref|po|iso|rfc|page|pages|chapter|section|zip|postcode|usd|eur|id)\b[ .:#]*(?:no\.?|number|nr\.?|#)?[ :#]*$",
    re.I,
)
_BEFORE, _AFTER = 48, 12
_NO_PHONE = re.compile(
    r"(?:(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-./ "
    r"](?:0?[1-9]|[12]\d|3[01])"
    r"[-./ ](?:19|20)?\d\d|(?:19|20)\d\d ?[-–/] ?(?:19|20)?\d\d)(?:[ T]\d.*)?|\d{1,3}(?:\.\d{1,3}){3}"
)
# Groups that nearly only phone numbers are written in: North America, and a trunk zero or area in brackets.
_TELLING = re.compile(
    r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[.-])[2-9]\d\d[.-]\d{4}(?:\D.*)?|\(0?\d{1,5}\)[ -]?\d{2,5}(?:[ "
    r"-]\d{2,5}){0,4}"
    r"|0\d(?:[ .-]\d\d){4}|0\d{2,4}[ -/]{1,3}\d{3,}(?:[ -]\d{2,5}){0,3}"
)
# Germany and Austria are left out: nearly any number is one of theirs.
REGIONS = ("US", "GB", "FR", "ES", "NL", "BE", "CH", "PL", "SE", "IE", "PT", "AU", "BR", "TR", "PH", "ZA")


def find_phones(text: str) -> list[Span]:
    return list(_found(text))


def _found(text: str) -> Iterator[Span]:
    for match in _CANDIDATE.finditer(text):
        start, end = match.start(), match.end()
        written = text[start:end]
        digits = sum(letter.isdigit() for letter in written)
        if not 6 <= digits <= 17 or _NO_PHONE.fullmatch(written) or _unbalanced(written):
            continue
        if _is_phone(text, start, end, written, digits):
            yield start, end


def _is_phone(text: str, start: int, end: int, written: str, digits: int) -> bool:
    before = text[max(0, start - _BEFORE) : start]
    if written.startswith(("+", "(+")):
        return digits >= 8 and _possible(written)
    if _NOT_AROUND.search(before):
        return False
    around = f"{before} {text[end : end + _AFTER]}"
    if digits <= 15 and (_SURELY.search(around) or (_PERHAPS.search(around) and not _is_figure(written))):
        return True
    if not text[:start].strip() and not text[end:].strip(" ."):
        return 10 <= digits <= 12 and _valid(written)
    return bool(_TELLING.fullmatch(written)) and 9 <= digits <= 13


def _is_figure(written: str) -> bool:
    """Whether it is an amount or a year rather than a number to call."""
    return bool(re.fullmatch(r"\d{1,3}(?:[ .]\d{3})+|(?:19|20)\d\d|\d+[.]\d{1,3}", written)) and written[0] != "0"


def _unbalanced(written: str) -> bool:
    return written.count("(") != written.count(")")


@functools.lru_cache(maxsize=4096)
def _possible(written: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(written.lstrip("("), None))
    except phonenumbers.NumberParseException:
        return False


@functools.lru_cache(maxsize=4096)
def _valid(written: str) -> bool:
    """Whether it is a number in use in one of the common regions."""
    import phonenumbers

    for region in REGIONS:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(written, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
