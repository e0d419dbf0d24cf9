"""Finds numbers that states give to people: those Presidio has no rule for, by form and checksum, and any by its name.

A number is found by its name when a word such as "passport" or "tax id" stands before it, whatever its form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

Span = tuple[int, int]

_NAMED = re.compile(
    r"(?:\b(?:passports?|pasaportes?|passeport|reisepass\w*|passnummer|paszport\w*|social[ ]security|ssn|sin|itin|"
    r"tin|tfn|nin|nino|nhs|nif|nie|"
    r"dni|cpf|curp|cnp|oib|pesel|bsn|egn|pps|svnr|ahv|avs|nir|insee|cpr|personnummer|personnr|pnr|henkilötunnus|hetu|"
    r"tc[ ]?kimlik|tckn|aadhaar|pan|voter[ ]?(?:id)?|epic|nric|fin|rrn|frn|lanr|arztnummer|npi|mbi|egk|"
    r"national[ ](?:id|identity|identification|insurance)|identity[ ](?:card|number|document)|id[ ](?:card|number|"
    r"no\.?)|"
    r"personal[ ](?:id|identity|identification)(?:[ ]code)?|tax(?:payer)?[ ](?:id|identification|file|number)|"
    r"steuer-?id\w*|"
    r"steuernummer|sozialversicherungs\w*|rentenversicherungs\w*|krankenversicherten\w*|versichertennummer|"
    r"(?:health|medical)[ ]insurance|medicare|medicaid|insurance[ ](?:number|no\.?|id)|residen(?:t|ce)[ ](?:number|"
    r"permit)|"
    r"alien[ ]registration|refugee[ ]id|driver['’]?s?[ ]licen[cs]es?|driving[ ]licen[cs]es?|licen[cs]e[ ](?:number|"
    r"no\.?)|"
    r"führerschein\w*|patente(?:[ ]di[ ]guida)?|carta[ ]d['’]identità|codice[ ]fiscale|personalausweis\w*|"
    r"ausweisnummer|"
    r"travel[ ]document|fiscal[ ]code|citizen[ ](?:id|number))\b|บัตรประชาชน)"
    r"(?:[ ](?:is|are|was|number|no\.?|nr\.?|num|code|card|id|numarası|nummer|es|lautet|on[ ]file|old|and)|[ "
    r"]?[:=#(])*[ ]{0,2}"
    r"((?=(?:[^\n]?){0,4}\d)[A-Za-z]{0,5}[ -]?\d[A-Za-z0-9]*(?:[ ./-][A-Za-z]?\d[A-Za-z0-9]*){0,5}(?:[ "
    r"-]?[A-Za-z]\b)?)",
    re.I,
)
_FEWEST_DIGITS = 5
_SHORTEST_CODE = 8
_MOST_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class _Rule:
    """`check` gets the number's letters and digits alone."""

    pattern: re.Pattern[str]
    check: Callable[[str], bool]


def find_identity_numbers(text: str) -> list[Span]:
    return [*_by_name(text), *_by_rule(text)]


def _by_name(text: str) -> Iterator[Span]:
    for match in _NAMED.finditer(text):
        number = match[1].strip(" -./")
        digits = sum(letter.isdigit() for letter in number)
        is_code = len(number) >= _SHORTEST_CODE and digits >= 2 and number.isupper()
        if (digits >= _FEWEST_DIGITS or is_code) and len(number) <= _MOST_CHARACTERS and not _is_date(number):
            yield match.start(1), match.start(1) + len(number)


def _is_date(number: str) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d[-./ ]\d\d?[-./ ]\d\d?|\d\d?[-./ ]\d\d?[-./ ](?:19|20)\d\d", number))


def _by_rule(text: str) -> Iterator[Span]:
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            if rule.check(re.sub(r"\W", "", match[0]).upper()):
                yield match.span()


def _digits(number: str) -> list[int]:
    return [int(each) for each in number if each.isdigit()]


def _weighted(number: str, *weights: int) -> int:
    return sum(digit * weight for digit, weight in zip(_digits(number), weights, strict=False))


def french(number: str) -> bool:
    """Numéro de sécurité sociale: 97 less the remainder; Corsican departments count as 19 and 18."""
    body = number[:-2].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(number[-2:])


def dutch(number: str) -> bool:
    """Burgerservicenummer: the "elfproef"."""
    return int(number) > 0 and _weighted(number, 9, 8, 7, 6, 5, 4, 3, 2, -1) % 11 == 0


def belgian(number: str) -> bool:
    body, check = number[:9], int(number[9:])
    return check in (97 - int(body) % 97, 97 - int("2" + body) % 97)


def swiss(number: str) -> bool:
    """AHV number: an EAN-13."""
    return (_weighted(number[:12], *(1, 3) * 6) + int(number[12])) % 10 == 0


def brazilian(number: str) -> bool:
    """CPF: two digits modulo 11."""
    if len(set(number)) == 1:
        return False
    first = _weighted(number, *range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(number, *range(11, 1, -1)) * 10 % 11 % 10
    return [first, second] == _digits(number)[9:]


def norwegian(number: str) -> bool:
    return (
        _real_day(number[:2], number[2:4])
        and _weighted(number, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1) % 11 == 0
        and _weighted(number, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1) % 11 == 0
    )


def romanian(number: str) -> bool:
    check = _weighted(number, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
    return _real_day(number[5:7], number[3:5]) and (1 if check == 10 else check) == int(number[12])


def chinese(number: str) -> bool:
    """Resident identity number, ISO 7064 modulo 11-2."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return (
        _real_day(number[12:14], number[10:12]) and "10X98765432"[_weighted(number[:17], *weights) % 11] == number[17]
    )


def danish(number: str) -> bool:
    return _real_day(number[:2], number[2:4])


def czech(number: str) -> bool:
    """Rodné číslo: divisible by 11; women have 50 more in the month."""
    month = int(number[2:4]) % 50 % 20
    return int(number) % 11 == 0 and _real_day(number[4:6], f"{month:02}")


def irish(number: str) -> bool:
    total = _weighted(number[:7], 8, 7, 6, 5, 4, 3, 2)
    if len(number) == 9:
        total += 9 * (ord(number[8]) - 64)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == number[7]


def mexican(number: str) -> bool:
    """CURP."""
    letters = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(letters.index(each) * (18 - place) for place, each in enumerate(number[:17]))
    return (10 - total % 10) % 10 == int(number[17])


def _real_day(day: str, month: str) -> bool:
    try:
        return bool(date(2000, int(month), int(day)))
    except ValueError:
        return False


def _rule(pattern: str, check: Callable[[str], bool]) -> _Rule:
    return _Rule(re.compile(rf"(?<![\w.,-])(?:{pattern})(?![\w-])"), check)


RULES = (
    _rule(r"[12][ ]?\d\d[ ]?(?:0[1-9]|1[0-2]|[2-9]\d)[ ]?(?:\d\d|2[AB])[ ]?\d{3}[ ]?\d{3}[ ]?\d\d", french),
    _rule(r"\d{4}\.\d\d\.\d{3}|\d{3}\.\d{3}\.\d{3}", lambda number: len(number) == 9 and dutch(number)),
    _rule(r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", belgian),
    _rule(r"756\.?\d{4}\.?\d{4}\.?\d\d", swiss),
    _rule(r"\d{3}\.\d{3}\.\d{3}-\d\d", brazilian),
    _rule(r"[0-3]\d[01]\d\d\d[ ]?\d{5}", norwegian),
    _rule(r"[1-9]\d\d[01]\d[0-3]\d(?:0[1-9]|[1-4]\d|5[0-2])\d{4}", romanian),
    _rule(r"[1-9]\d{5}(?:19|20)\d\d[01]\d[0-3]\d\d{3}[\dXx]", chinese),
    _rule(r"[0-3]\d[01]\d\d\d-\d{4}", danish),
    _rule(r"\d\d[0-35-8]\d[0-3]\d/\d{4}", czech),
    _rule(r"\d{7}[A-W][A-IW]?", irish),
    _rule(r"[A-Z]{4}\d\d[01]\d[0-3]\d[HMX][A-Z]{5}[0-9A-Z]\d", mexican),
)
