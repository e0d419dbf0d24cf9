"""What a question names so exactly that passages without it cannot answer: a day, or a code such as E47.

Nearness in meaning is blind to such details: passages on any outage are near to a question about that
of 14 August, and error E45 is near to error E47. Where the asker speaks of themselves ("I leave on 14
August") or tells something before the question, a date is a circumstance and no passage need mention
it. A day is mentioned also by a period that it lies in. Pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from app.answers.checking.dates import Date, dates_in

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip
MONTH = rf"(?P<month>{'|'.join(f'{month[:3]}(?:{month[3:]})?' for month in MONTHS)}|sept)\.?"
DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
YEAR = r"(?:19|20)\d\d"
DATES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b{DAY}(?: of)? {MONTH}(?!\w)",
        rf"\b{MONTH} (?:the )?{DAY}(?!\w|[.,:]\d)",
        rf"\b{YEAR}-(?P<month>[01]\d)-(?P<day>[0-3]\d)\b",
        rf"\b(?P<day>[0-3]?\d)[./](?P<month>[01]?\d)[./](?:{YEAR}|\d\d)\b",
    )
)
# Letters and at least two digits in one word: FP-2210, E47, INV/3391. "2FA" and "Q3" have other spellings.
CODE = re.compile(r"\b(?=[\w/-]*[A-Za-z])(?=(?:[\w/-]*\d){2})[A-Za-z0-9]+(?:[-/_]?[A-Za-z0-9]+)*\b")
ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|s|am|pm|h|min|kg|g|mm|cm|m|km|kw|mb|gb|k|px|ms)", re.I)
SELF = re.compile(r"\b(?:I|I'm|I’m|my|me|we|our|us)\b", re.I)
JOINT = re.compile(r"[^a-z0-9]")
TOLD_BEFORE = re.compile(r"^.*[.!]\s+(?=[^.!?]*\?)", re.S)
BETWEEN_ENDS = re.compile(r"\s*(?:[-–—|,;]|\bto\b|\buntil\b|\btill\b|\band\b|\bthrough\b)\s*", re.I)


@dataclass(frozen=True, slots=True)
class Particulars:
    """Days as (month, day), and codes in small letters without their joints."""

    days: frozenset[tuple[int, int]]
    codes: frozenset[str]


def particulars(question: str) -> Particulars:
    """What a passage must mention to answer the question."""
    asked = what_is_asked(question)
    return Particulars(frozenset() if SELF.search(question) else days_in(asked), codes_in(question))


def what_is_asked(question: str) -> str:
    """Leaves out what is told before it, as in: "The pump was bought in May. Is it under warranty?"."""
    told = TOLD_BEFORE.match(question)
    return question[told.end() :] if told else question


def all_mentioned(wanted: Particulars, texts: Iterable[str]) -> bool:
    """Whether every particular stands in some of the texts."""
    whole = "\n".join(texts)
    joined = JOINT.sub("", whole.lower())
    return all(code in joined for code in wanted.codes) and wanted.days - days_in(whole) <= days_of_periods(
        whole, wanted.days
    )


def days_of_periods(text: str, days: Iterable[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """Those of the days that lie in a period of the text: between two dates that stand side by side."""
    wanted = frozenset(days)
    if not wanted:
        return wanted
    periods = [
        (_place(first), _place(last))
        for line in text.split("\n")
        for first, last in pairwise(dates_in(line))
        if first.day and last.day and BETWEEN_ENDS.fullmatch(line, first.end, last.start)
    ]
    return frozenset(day for day in wanted if any(_lies_in(day, *period) for period in periods))


def _place(date: Date) -> tuple[int, int]:
    return date.month or 0, date.day or 0


def _lies_in(day: tuple[int, int], first: tuple[int, int], last: tuple[int, int]) -> bool:
    """Also in a period over the end of a year."""
    return first <= day <= last if first <= last else day >= first or day <= last


def days_in(text: str) -> frozenset[tuple[int, int]]:
    found = (match for pattern in DATES for match in pattern.finditer(text))
    days = ((_month(match["month"]), int(match["day"])) for match in found)
    return frozenset((month, day) for month, day in days if 1 <= month <= 12 and 1 <= day <= 31)


def codes_in(text: str) -> frozenset[str]:
    codes = (match.group() for match in CODE.finditer(text) if not ORDINAL.fullmatch(match.group()))
    return frozenset(JOINT.sub("", code.lower()) for code in codes)


def _month(written: str) -> int:
    if written.isdecimal():
        return int(written)
    return next(number for number, month in enumerate(MONTHS, 1) if month.startswith(written[:3].lower()))
