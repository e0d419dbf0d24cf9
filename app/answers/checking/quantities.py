"""The quantities a text names: amounts of money, shares, durations, times of day, measures and plain numbers.

"£7.8 million", "GBP 7,800,000" and "7.8m pounds" are one quantity, as are "two weeks" and "14 days". A number that is
part of a code ("FG-203") or of a date is none.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Span = tuple[int, int]

UNITS_OF_ONE = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12}
SHORT_SCALES = {"k": 1000, "m": 10**6, "mn": 10**6, "mio": 10**6, "bn": 10**9}
ALONE = {"half": 0.5, "once": 1, "twice": 2}

MONEY = {
    "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur", "£": "gbp", "gbp": "gbp", "pound": "gbp",
    "pounds": "gbp", "$": "usd", "usd": "usd", "dollar": "usd", "dollars": "usd", "pln": "pln", "zł": "pln",
    "zloty": "pln", "dkk": "dkk", "sek": "sek", "nok": "nok", "chf": "chf", "kroner": "dkk", "¥": "jpy", "jpy": "jpy",
}  # fmt: skip
# Each with its dimension and how many of the dimension's smallest it is.
MEASURES: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("%", "percent", "pct"), ("%", 1)),
    **dict.fromkeys(("cent", "cents"), ("cents", 1)),
    **dict.fromkeys(("penny", "pence"), ("gbp", 0.01)),
    **dict.fromkeys(("second", "seconds", "sec", "secs"), ("time", 1)),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), ("time", 0.001)),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), ("time", 60)),
    **dict.fromkeys(("hour", "hours", "h", "hr", "hrs"), ("time", 3600)),
    **dict.fromkeys(("day", "days"), ("days", 1)),
    **dict.fromkeys(("week", "weeks"), ("days", 7)),
    **dict.fromkeys(("fortnight", "fortnights"), ("days", 14)),
    **dict.fromkeys(("month", "months"), ("months", 1)),
    **dict.fromkeys(("quarter", "quarters"), ("months", 3)),
    **dict.fromkeys(("year", "years", "yrs"), ("months", 12)),
    **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters"), ("length", 0.001)),
    **dict.fromkeys(("cm", "centimetre", "centimetres", "centimeters"), ("length", 0.01)),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), ("length", 1)),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), ("length", 1000)),
    **dict.fromkeys(("mile", "miles"), ("miles", 1)),
    **dict.fromkeys(("g", "gram", "grams"), ("mass", 0.001)),
    **dict.fromkeys(("kg", "kilo", "kilos", "kilogram", "kilograms"), ("mass", 1)),
    **dict.fromkeys(("t", "tonne", "tonnes"), ("mass", 1000)),
    **dict.fromkeys(("ml", "millilitre", "millilitres"), ("volume", 0.001)),
    **dict.fromkeys(("l", "litre", "litres", "liter", "liters"), ("volume", 1)),
    **dict.fromkeys(("kb",), ("bytes", 0.001)),
    **dict.fromkeys(("mb", "megabyte", "megabytes"), ("bytes", 1)),
    **dict.fromkeys(("gb", "gigabyte", "gigabytes"), ("bytes", 1000)),
    **dict.fromkeys(("tb", "terabyte", "terabytes"), ("bytes", 10**6)),
    **dict.fromkeys(("°c", "°", "degree", "degrees", "celsius"), ("degrees", 1)),
    **dict.fromkeys(("w", "watt", "watts"), ("power", 1)),
    **dict.fromkeys(("kw", "kilowatt", "kilowatts"), ("power", 1000)),
    **dict.fromkeys(("v", "volt", "volts"), ("volts", 1)),
    **dict.fromkeys(("a", "ampere", "amperes", "amp", "amps"), ("amperes", 1)),
    **dict.fromkeys(("bar", "bars"), ("bar", 1)),
    **dict.fromkeys(("db",), ("decibels", 1)),
    **dict.fromkeys(("nm",), ("newton metres", 1)),
    **dict.fromkeys(("rpm",), ("rpm", 1)),
    **dict.fromkeys(("hz", "hertz"), ("hertz", 1)),
}
# "15 working days" are not 15 days.
KINDS_OF_DAYS = {"working": "working days", "business": "working days", "calendar": "days"}

NUMERAL = r"(?:[1-9]\d{0,2}(?:[,'’\u00a0\u202f ]\d{3})+|\d+)(?:\.\d+|,\d{1,2})?(?![\d])"
NUMBER_WORD = rf"(?:{'|'.join([*UNITS_OF_ONE, *TENS, *SCALES])})"
CLOCK = re.compile(
    r"(?<![\d:.])([01]?\d|2[0-4])(?:[:.]([0-5]\d))?\s?(a\.?m\.?|p\.?m\.?)(?!\w)|(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])",
    re.I,
)
DIGITS = re.compile(
    rf"(?P<before>€|£|\$|¥|\b(?:EUR|GBP|USD|PLN|DKK|SEK|NOK|CHF|JPY)\b)?\s?(?<![\w])(?P<sign>[−-](?=\d))?(?P<number>{NUMERAL})"
    r"(?:(?P<joint>[\s-]?)(?P<scale>hundred|thousand|million|billion|dozen|bn|mn|mio)\b|(?P<short>[km])\b(?!²|³))?"
    r"(?P<ordinal>st|nd|rd|th)?(?![A-Za-z]*\d)",
    re.I,
)
# "One hundred and forty" is one number, "between five and seven" are two.
AND = r"(?:(?<=hundred)|(?<=thousand)|(?<=million)|(?<=billion))\s+and\s+"
WORDS = re.compile(
    rf"\b{NUMBER_WORD}(?:(?:{AND}|[\s-]+){NUMBER_WORD})*\b|(?<!and a )\b(?:half|twice)\b"
    r"|\bonce\b(?=\s+(?:a|an|per|every|in|each|more)\b|\s*[.,;)]|\s*$)",
    re.I,
)
AFTER = re.compile(
    r"[\s\u00a0-]{0,2}(?:\(?(?P<kind>working|business|calendar)\s+)?(?P<unit>%|°\s?C?|per\s?cent|[A-Za-zµł€£$]+)",
)
MONEY_WORD = re.compile(r"\s(?:pounds|euros|dollars)\b", re.I)
HALF_A = re.compile(r"\s+an?(?=\s)")
AND_A_HALF = re.compile(r"\s+and\s+a\s+half\b", re.I)
QUARTER_HOURS = re.compile(r"\b(?:(?P<three>three)[\s-]quarters|(?:a\s)?quarter)\s+of\s+an\s+hour\b", re.I)
# "Half past six" may be in the morning or in the evening.
HOURS = rf"(?P<hour>{'|'.join(list(UNITS_OF_ONE)[1:13])}|1[0-2]|[1-9])"
SPOKEN_CLOCK = re.compile(
    rf"\b(?P<minutes>half\spast|(?:a\s)?quarter\s(?:past|to)|(?:five|ten|twenty)\spast)\s{HOURS}(?![\w%]|[.,:]\d)",
    re.I,
)
O_CLOCK = re.compile(rf"\b{HOURS}\so['’]clock\b", re.I)
NAMED_MOMENTS = re.compile(r"\b(?P<noon>noon|midday)\b|\bmidnight\b", re.I)
SPOKEN_MINUTES = {
    "half past": 30, "quarter past": 15, "quarter to": -15, "five past": 5, "ten past": 10, "twenty past": 20,
}  # fmt: skip
HALF_DAY, DAY_S = 12 * 60, 24 * 3600
RANGE = re.compile(r"\s?(?:-|–|to|and|or)\s?$", re.I)
IDIOM = re.compile(r"24/7|50/50|9/11|\b1-on-1\b")
CODE_PART = re.compile(r"[A-Za-z]+[-/_]?$|[-/_]$")
# "One of them", "no one", "the one": no number.
NO_NUMBER_AFTER_ONE = re.compile(
    r"\s+(?:of|another|who|that|which|can|could|should|must|may|might|or|has|is|thing)\b", re.I
)
NO_NUMBER_BEFORE_ONE = re.compile(r"\b(?:no|the|this|that|any|each|every|which|some|new|another|only)\s+$", re.I)


@dataclass(frozen=True, slots=True)
class Quantity:
    """`value` in the smallest unit of `dimension`; "" where the text names no unit. `said` is text[start:end]."""

    value: float
    dimension: str
    start: int
    end: int
    said: str
    raw: float

    def same_as(self, other: "Quantity") -> bool:
        """Whether both are the same amount; one that names no unit agrees with any unit."""
        if self.dimension == other.dimension:
            return close(self.value, other.value)
        if not (self.dimension and other.dimension):
            return _hour_is(self, other) or _hour_is(other, self) or self._says_the_number_of(other)
        return _is_converted(self, other) or _is_converted(other, self)

    def _says_the_number_of(self, other: "Quantity") -> bool:
        return "clock" not in (self.dimension, other.dimension) and close(self.raw, other.raw)


def _hour_is(hour: Quantity, clock: Quantity) -> bool:
    """ "At 9" is "at 9:00"."""
    return not hour.dimension and clock.dimension == "clock" and close(hour.raw * 60, clock.value)


def _is_converted(one: Quantity, other: Quantity) -> bool:
    """Whether an amount of one dimension is that of another: 24 hours are a day, three weeks 15 working days."""
    match (one.dimension, other.dimension):
        case ("half of a clock", "clock"):
            return close(one.value, other.value % HALF_DAY)
        case ("time", "days"):
            return close(one.value, other.value * DAY_S)
        case ("days", "working days"):
            return "week" in one.said.lower() and close(one.value / 7 * 5, other.value)
        case ("cents", money) if money in MONEY.values():
            return close(one.value / 100, other.value)
    return False


def close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def quantities_in(text: str, taken: Sequence[Span] = ()) -> list[Quantity]:
    """All quantities in order. `taken` are spans, such as those of dates, that are something else."""
    taken = [*taken, *(match.span() for match in IDIOM.finditer(text))]
    found = [*_clocks(text, taken), *_spoken_clocks(text, taken)]
    spans = [*taken, *((each.start, each.end) for each in found)]
    found += _digits(text, spans)
    spans += [(each.start, each.end) for each in found]
    found += _written(text, spans)
    return _units_of_ranges(text, sorted(found, key=lambda each: each.start))


def _clocks(text: str, taken: Sequence[Span]) -> Iterator[Quantity]:
    for match in CLOCK.finditer(text):
        if overlaps(match.span(), taken):
            continue
        hour, minute = int(match[1] or match[4]), int(match[2] or match[5] or 0)
        if half := (match[3] or "").lower():
            hour = hour % 12 + (12 if half.startswith("p") else 0)
        minutes = hour * 60 + minute
        yield Quantity(minutes, "clock", match.start(), match.end(), match[0], minutes)


def _spoken_clocks(text: str, taken: Sequence[Span]) -> Iterator[Quantity]:
    """ "Half past six", "nine o'clock", "noon", and the quarters of an hour."""
    for match in [*SPOKEN_CLOCK.finditer(text), *O_CLOCK.finditer(text)]:
        if not overlaps(match.span(), taken):
            said = re.sub(r"\s+", " ", (match.groupdict().get("minutes") or "").lower()).removeprefix("a ")
            written = match["hour"].lower()
            hour = UNITS_OF_ONE.get(written) or int(written)
            minutes = (hour * 60 + SPOKEN_MINUTES.get(said, 0)) % HALF_DAY
            yield Quantity(minutes, "half of a clock", *match.span(), match[0], minutes)
    for match in NAMED_MOMENTS.finditer(text):
        if not overlaps(match.span(), taken):
            minutes = HALF_DAY if match["noon"] else 0
            yield Quantity(minutes, "clock", *match.span(), match[0], minutes)
    for match in QUARTER_HOURS.finditer(text):
        quarters = 3 if match["three"] else 1
        yield Quantity(quarters * 900, "time", *match.span(), match[0], quarters / 4)


def _digits(text: str, taken: Sequence[Span]) -> Iterator[Quantity]:
    for match in DIGITS.finditer(text):
        start, number_start = match.start(), match.start("number")
        if overlaps((number_start, match.end()), taken) or _is_part_of_code(text, match):
            continue
        raw = float(_plain(match["number"]))
        scale = (match["scale"] or match["short"] or "").lower()
        if match["short"] and not (match["before"] or scale == "k" or MONEY_WORD.match(text, match.end())):
            scale = ""
        raw *= SCALES.get(scale) or SHORT_SCALES.get(scale) or 1
        is_negative = match["sign"] and text[: match.start("sign")][-1:] in ("", " ", "(")
        end = match.end() if scale or not match["short"] else match.start("short")
        raw = -raw if is_negative else raw
        yield _with_unit(
            text, raw, start + len(match[0]) - len(match[0].lstrip()), end, (match["before"] or "").lower()
        )


def _written(text: str, taken: Sequence[Span]) -> Iterator[Quantity]:
    for match in WORDS.finditer(text):
        said = match[0].lower()
        if overlaps(match.span(), taken) or (said == "one" and _is_pronoun(text, match)):
            continue
        half = AND_A_HALF.match(text, match.end())
        value = value_of_words(said) + (0.5 if half else 0)
        yield _with_unit(text, value, match.start(), half.end() if half else match.end(), "")


def value_of_words(said: str) -> float:
    """ "one hundred and forty" is 140."""
    if said in ALONE:
        return float(ALONE[said])
    total = current = 0.0
    for word in re.split(r"[\s-]+", said):
        if (word in SCALES and SCALES[word] == 1000) or word in ("million", "billion"):
            total, current = total + (current or 1) * SCALES[word], 0.0
        elif word in SCALES:
            current = (current or 1) * SCALES[word]
        else:
            current += UNITS_OF_ONE.get(word, TENS.get(word, 0))
    return total + current


def _with_unit(text: str, raw: float, start: int, end: int, money: str) -> Quantity:
    said_to = end
    dimension, factor = (MONEY[money], 1.0) if money else ("", 1.0)
    if text[start:end].lower() == "half" and (article := HALF_A.match(text, end)):
        end = article.end()
    after = None if money else AFTER.match(text, end)
    if after is not None:
        unit = re.sub(r"\s", "", after["unit"].lower())
        if unit == "p" and text[end : end + 1] == "p":
            dimension, factor = "gbp", 0.01
        elif unit in MONEY:
            dimension = MONEY[unit]
        elif unit in MEASURES and not (unit in ("a", "m", "t", "h", "l", "g", "v", "w") and _is_article(text, after)):
            dimension, factor = MEASURES[unit]
            if (kind := after["kind"]) and dimension == "days":
                dimension = KINDS_OF_DAYS[kind.lower()]
        if dimension:
            said_to = after.end()
    return Quantity(round(raw * factor, 9), dimension, start, said_to, text[start:said_to], raw)


def _is_article(text: str, after: re.Match[str]) -> bool:
    """ "140 a night": the letter is a word, unless it stands as a unit does, before an end or a capital unit."""
    return after["unit"] == "a" or (after["unit"] == "A" and text[after.end() : after.end() + 2].strip().islower())


def _units_of_ranges(text: str, found: list[Quantity]) -> list[Quantity]:
    """In "10 to 12 days" and "£2–3 million" the unit is said once."""
    for at in range(len(found) - 1, 0, -1):
        one, other = found[at - 1], found[at]
        if not one.dimension and other.dimension not in ("", "clock") and RANGE.fullmatch(text[one.end : other.start]):
            factor = other.value / other.raw if other.raw else 1.0
            found[at - 1] = Quantity(one.raw * factor, other.dimension, one.start, one.end, one.said, one.raw)
    return found


def _plain(number: str) -> str:
    """ "1,312.5", "1 312" and "3,5" as Python reads them: a comma before three digits parts thousands."""
    plain = re.sub(r"[ '’\u00a0\u202f]", "", number)
    plain = re.sub(r",(?=\d{3}(?!\d))", "", plain)
    return plain.replace(",", ".")


def _is_part_of_code(text: str, match: re.Match[str]) -> bool:
    """ "FG-203", "E05" and "v7.3.2" name something."""
    start = match.start("number")
    before = text[max(0, start - 12) : start]
    if re.search(r"\d\.$", before):
        return True
    if match["before"] or match["sign"]:
        return False
    if CODE_PART.search(before) and not re.search(r"(?:^|[\s(])[-−]$|\d[-/]$", before):
        return True
    after = text[match.end() : match.end() + 2]
    return bool(re.match(r"[A-Z]\w|[-/][A-Z]|\.\d", after)) and text[match.end("number") : match.end()] == ""


def _is_pronoun(text: str, match: re.Match[str]) -> bool:
    after = text[match.end() :]
    return bool(
        NO_NUMBER_AFTER_ONE.match(after)
        or NO_NUMBER_BEFORE_ONE.search(text[: match.start()])
        or not re.match(r"[\s-]+\w", after)
    )


def overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
