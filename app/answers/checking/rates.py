"""What an amount is counted by: "€75 a month" is not "€75 a year", nor "42p per hour" what "42p per kWh" is."""

import re
from collections.abc import Iterator, Sequence

from app.answers.checking.quantities import Quantity
from app.answers.checking.source import Stated

TIMES = {
    "second": "second", "minute": "minute", "hour": "hour", "day": "day", "night": "day", "week": "week",
    "fortnight": "fortnight", "month": "month", "quarter": "quarter", "year": "year", "annum": "year",
    "hourly": "hour", "daily": "day", "nightly": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
    "yearly": "year", "annual": "year", "annually": "year",
}  # fmt: skip
MEASURES = {"kwh": "kwh", "km": "km", "kilometre": "km", "mile": "mile", "kg": "kg", "litre": "litre"}
UNITS = {**TIMES, **MEASURES}
COUNTED_BY = "|".join(sorted(UNITS, key=len, reverse=True))
BEHIND = re.compile(
    r"\s*(?:(?:more|extra|net|gross|in total|times)\s+)?"
    r"(?:(?:per|an?|(?:for\s+)?(?:each|every))\s+(?:\w+\s+(?:per|an?)\s+)?|/\s?)"
    rf"(?:calendar\s+|working\s+|additional\s+|further\s+)?(?P<unit>{COUNTED_BY})s?\b",
    re.I,
)
ANYWHERE = re.compile(
    rf"\b(?:per|an?|each|every|in (?:a|one|any))\s+(?:\w+\s+)?(?P<unit>{COUNTED_BY})\b"
    r"|\b(?P<adverb>hourly|daily|nightly|weekly|monthly|quarterly|yearly|annual|annually)\b",
    re.I,
)


def rate_behind(text: str, end: int) -> str:
    """The unit that an amount which ends at `end` is counted by, as the text says right behind it; "" for none."""
    found = BEHIND.match(text, end)
    return UNITS[found["unit"].lower()] if found else ""


def other_rates(text: str, quantities: Sequence[Quantity], about: Sequence[Stated]) -> Iterator[str]:
    """The amounts of a claim that the sentences about it count by something else, with what they are counted by."""
    for quantity in quantities:
        said = BEHIND.match(text, quantity.end)
        if said is None:
            continue
        unit = UNITS[said["unit"].lower()]
        rates = [_rates(each.text, other) for each in about for other in each.quantities if quantity.same_as(other)]
        if rates and all(rate and unit not in rate for rate in rates):
            yield text[quantity.start : said.end()].strip()


def _rates(text: str, quantity: Quantity) -> frozenset[str]:
    """Empty where none stands behind the amount; else that one and all others that the sentence names."""
    own = rate_behind(text, quantity.end)
    if not own:
        return frozenset()
    named = {UNITS[(match["unit"] or match["adverb"]).lower()] for match in ANYWHERE.finditer(text)}
    return frozenset([own, *named])
