"""What the usage pages show: the span of days that was asked for, the chart, and the limits in words."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.http import QueryDict
from django.utils import timezone

from app.usage.days import Span
from app.usage.limit_words import Limit, limits_of
from app.usage.report import Table

USUAL_DAYS = 30
MOST_DAYS = 366
CHART_HEIGHT = 100.0
BAR = 8.0
STEP = 10.0


@dataclass(frozen=True, slots=True)
class Preset:
    """A span that is one click away."""

    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class Bar:
    """A column of the chart, in the units of its drawing."""

    x: float
    y: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    width: float
    of_cost: bool
    highest: str


@dataclass(frozen=True, slots=True)
class LimitWords:
    """`trouble` says why a limit holds for nobody."""

    text: str
    words: str
    trouble: str = ""


def span_in(query: QueryDict) -> Span:
    """The days that were asked for; the last 30 where they make no sense."""
    today = timezone.localdate()
    first, last = day_in(query, "from"), day_in(query, "to")
    last = min(last or today, today)
    first = first or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        first, last = last, first
    return Span(max(first, last - timedelta(days=MOST_DAYS - 1)), last)


def day_in(query: QueryDict, name: str) -> date | None:
    try:
        return date.fromisoformat(query.get(name, ""))
    except ValueError:
        return None


def presets() -> list[Preset]:
    today = timezone.localdate()
    return [
        Preset("Today", Span(today, today)),
        Preset("7 days", Span(today - timedelta(days=6), today)),
        Preset("30 days", Span(today - timedelta(days=29), today)),
        Preset("This month", Span(today.replace(day=1), today)),
    ]


def chart_of(days: Table) -> Chart:
    """One column a day: what it cost, or the tokens where nothing cost anything."""
    of_cost = any(line.sums.cost_usd for line in days.lines)
    highest = max(days.lines, key=lambda line: line.share, default=None)
    bars = []
    for number, line in enumerate(days.lines):
        used = line.sums.cost_usd if of_cost else line.sums.tokens
        height = max(CHART_HEIGHT * line.share / 100, 1.5 if used else 0.0)
        words = f"{line.sums.cost_usd:,.2f} USD" if of_cost else f"{line.sums.tokens:,} tokens"
        day = date.fromisoformat(line.name)
        title = f"{day.day} {day:%B}: {words}"
        bars.append(Bar(number * STEP + (STEP - BAR) / 2, CHART_HEIGHT - height, height, title))
    return Chart(tuple(bars), len(bars) * STEP, of_cost, bars[days.lines.index(highest)].title if highest else "")


def limits_in_force() -> list[tuple[str, list[LimitWords]]]:
    """The limits of questions and of searches, each in a sentence."""
    names = {name.casefold() for name in Group.objects.values_list("name", flat=True)}
    both = (
        ("Questions", settings.ATTEST_LIMITS, "questions"),
        ("Searches by API", settings.ATTEST_SEARCH_LIMITS, "searches"),
    )
    return [(title, [in_words(limit, noun, names) for limit in limits_of(tuple(texts))]) for title, texts, noun in both]


def in_words(limit: Limit, noun: str, groups: set[str]) -> LimitWords:
    whom = {"user": "each person", "group": "each group together", "everyone": "everybody together"}[limit.scope]
    if limit.group:
        whom = f"the group {limit.group} together"
    what = f"{limit.amount:,} answers at once" if limit.is_at_once else f"{limit.amount:,} {noun} in {limit.window}"
    trouble = ""
    if limit.group and limit.group.casefold() not in groups:
        trouble = "There is no such group."
    return LimitWords(limit.text, f"{what} for {whom}", trouble)
