"""The dates a text names, as far as it names them: a day, a month, a quarter, a year, or a day of the week."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
MONTH = rf"(?P<month>{'|'.join(f'{month[:3]}(?:{month[3:]})?' for month in MONTHS)}|sept)\.?(?!\w)"
DAY = r"(?<![\d.,])(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
WEEKDAY = re.compile(r"\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b", re.I)
QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}
# The first pattern that takes a span has it.
PATTERNS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"\b(?P<year>(?:19|20)\d\d)[-/.](?P<month>[01]?\d)[-/.](?P<day>[0-3]?\d)(?!\d)",
        rf"{DAY}(?:\s+of)?\s+{MONTH}(?:,?\s+(?:of\s+)?{YEAR})?",
        rf"\b{MONTH}\s+(?:the\s+)?{DAY}(?!\d|[.,:]\d)(?:,?\s+{YEAR})?",
        r"(?<![\d.])(?P<day>[0-3]?\d)[./](?P<month>[0-3]?\d)[./](?P<year>(?:19|20)?\d\d)(?!\d)",
        rf"\bQ(?P<quarter>[1-4])(?:[\s/]+(?:of\s+)?{YEAR})?",
        rf"\b(?P<quarter>first|second|third|fourth|last)\s+quarter\s+(?:of\s+)?{YEAR}",
        rf"\b{MONTH},?\s+(?:of\s+)?{YEAR}",
    )
)
BARE_MONTH = re.compile(
    rf"\b(?P<month>{'|'.join(month.title() for month in MONTHS if month != 'may')})\b|(?<=[a-z,] )(?P<may>May)\b"
)
BARE_YEAR = re.compile(r"(?<![\w.,:/€£$-])(?P<year>(?:19|20)\d\d)(?![\w]|[.,:]\d|-\w|\s?(?:%|hours|h\b|mPas))")


@dataclass(frozen=True, slots=True)
class Date:
    """What is named is a number, the rest is None. `other_order` is the month in which a day first may be meant."""

    start: int
    end: int
    said: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    quarter: int | None = None
    weekday: str = ""
    swapped: bool = False

    def covered_by(self, other: "Date") -> bool:
        """Whether `other` says all that this one says; its year may be said elsewhere."""
        if self.weekday or other.weekday:
            return self.weekday == other.weekday
        if self.quarter:
            return self.quarter == (other.quarter or (other.month and (other.month + 2) // 3)) and self._year_fits(
                other
            )
        same = (self.month, self.day) == (other.month, other.day if self.day else None)
        turned = self._turnable(other) and (self.day, self.month) == (other.month, other.day)
        if self.month is None:
            return self.year == other.year
        return (same or turned) and self._year_fits(other)

    def _turnable(self, other: "Date") -> bool:
        return self.swapped or other.swapped

    def _year_fits(self, other: "Date") -> bool:
        return self.year is None or other.year is None or self.year == other.year


def dates_in(text: str) -> list[Date]:
    """All dates in order of where they begin."""
    found: list[Date] = []
    for pattern in PATTERNS:
        found += [date for date in _matches(pattern, text) if _is_free(date, found)]
    for match in BARE_MONTH.finditer(text):
        date = Date(match.start(), match.end(), match[0], month=month_number(match["month"] or match["may"]))
        found += [date] if _is_free(date, found) else []
    for match in BARE_YEAR.finditer(text):
        date = Date(match.start(), match.end(), match[0], year=int(match["year"]))
        found += [date] if _is_free(date, found) else []
    found += [Date(m.start(), m.end(), m[0], weekday=m[1].lower()) for m in WEEKDAY.finditer(text)]
    return sorted(found, key=lambda date: date.start)


def years_in(text: str) -> frozenset[int]:
    return frozenset(int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", text))


def month_number(written: str) -> int:
    if written.isdecimal():
        return int(written)
    return next(number for number, month in enumerate(MONTHS, 1) if month.startswith(written[:3].lower()))


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[Date]:
    for match in pattern.finditer(text):
        parts = match.groupdict()
        year, month, day = parts.get("year"), parts.get("month"), parts.get("day")
        if month == "may":
            continue  # "Children under 16 may …"
        quarter = parts.get("quarter")
        number, in_month = int(day) if day else None, month_number(month) if month else None
        turned = bool(month and day and month.isdecimal() and not match[0][:4].isdecimal())
        if in_month is not None and in_month > 12 and number is not None:
            in_month, number = number, in_month
        if (in_month or 1) > 12 or not 1 <= (number or 1) <= 31:
            continue
        yield Date(
            match.start(), match.end(), match[0].strip(),
            year=_full_year(year), month=in_month, day=number,
            quarter=QUARTERS.get(quarter.lower()) or int(quarter) if quarter else None, swapped=turned,
        )  # fmt: skip


def _full_year(year: str | None) -> int | None:
    if year is None:
        return None
    return int(year) if len(year) == 4 else 2000 + int(year)


def _is_free(date: Date, found: list[Date]) -> bool:
    return all(date.end <= other.start or other.end <= date.start for other in found)
