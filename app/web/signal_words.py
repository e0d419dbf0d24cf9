"""Signals in plain words, with the chart of what they rest on and where to look next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import dropwhile
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.accounts.permissions import Permission
from app.quality.models import Signal
from app.web.charts import Line, LineChart, Point, as_percent, line_chart
from app.web.navigation import address_of

# What a figure is called in a heading, and whether it is a share of something named here.
FIGURES: Mapping[str, tuple[str, str]] = {
    "graded": ("Answers with the best grades", "graded answers, each weighing by its chance of being drawn"),
    "unhelpful": ("Thumbs down", "answers with a thumb"),
    "not_found": ("Not found", "answers"),
    "caveat": ("Answers with a caveat", "answers"),
    "supported": ("Answers whose every sentence is supported", "answers whose sentences were checked"),
    "degraded": ("Quoted because the model was unavailable", "answers"),
    "cost_answer": ("Cost of an answer", "US dollars an answer"),
    "cost_day": ("Cost of a day", "US dollars a day"),
    "failing": ("Answers that fail or are degraded", "answers of ten minutes"),
    "silence": ("Questions without an answer", "questions"),
    "models": ("Language models that are left alone", ""),
}
TESTS: Mapping[str, str] = {
    "cusum": "A cumulative sum of how far each day lies on the bad side of usual days: {statistic:.1f}, above its "
    "threshold of {threshold:g}.",
    "floor": "The last seven days with answers lie surely (97.5 %) below the floor of {threshold:.0%}.",
    "mann-kendall": "The trend test of Mann and Kendall over eight weeks: a decline like this comes by chance once in "
    "{odds:,} looks, and the threshold is once in 200.",
    "robust z": "Compared with the median of comparable earlier days: {statistic:.1f} robust standard deviations "
    "above it, with a threshold of {threshold:g}.",
    "wilson": "{bad} of {n} answers failed or were degraded: surely (97.5 %) more than {threshold:.0%}.",
    "none answered": "{n} questions came, and after two minutes or more not one of them had its answer.",
    "circuits": "All models that answers are asked of failed and are not asked for now. {why}",
}


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A signal as its page and its line in the list show it. `runbook` is a file of this project."""

    signal: Signal
    heading: str
    test: str
    lasted: str
    ending: str
    links: tuple[Link, ...]
    runbook: str = "docs/runbooks/quality-signals.md"


def shown(signal: Signal, user: User) -> Shown:
    return Shown(signal, heading_of(signal), _test(signal), _lasted(signal), _ending(signal), _links(signal, user))


def heading_of(signal: Signal) -> str:
    """ "Not found rose from 12 % to 25 % since 3 November"."""
    name = FIGURES.get(signal.figure, (signal.figure, ""))[0] + (f", {signal.slice}" if signal.slice else "")
    if signal.kind == Signal.Kind.AVAILABILITY:
        return _failing(signal, name)
    before, after = _amount(signal, signal.before), _amount(signal, signal.after)
    since = day_words(signal.first_day)
    if signal.kind == Signal.Kind.COST:
        return f"{name} rose from {before} to {after} on {since}"
    if signal.evidence.get("test") == "floor":
        return f"{name} are at {after}, below the floor of {before}, since {since}"
    act = "rose" if (signal.after or 0) > (signal.before or 0) else "fell"
    slowly = " slowly" if signal.kind == Signal.Kind.DECLINE else ""
    return f"{name} {act}{slowly} from {before} to {after} since {since}"


def _failing(signal: Signal, name: str) -> str:
    since = f"{timezone.localtime(signal.raised_at):%H:%M} on {day_words(signal.first_day)}"
    if signal.figure == "failing":
        return f"{_amount(signal, signal.after)} of answers fail or are degraded, since {since}"
    if signal.figure == "silence":
        return f"Questions come and none is answered, since {since}"
    return f"All language models are left alone, since {since}"


def day_words(day: date) -> str:
    year = "" if day.year == timezone.localdate().year else f" {day.year}"
    return f"{day.day} {day:%B}{year}"


def _amount(signal: Signal, value: float | None) -> str:
    if value is None:
        return "–"
    if signal.kind == Signal.Kind.COST:
        return as_usd(value)
    return as_percent(value)


def as_usd(value: float) -> str:
    return f"{value:,.2f} USD" if value >= 0.1 or not value else f"{value:.3g} USD"


def _test(signal: Signal) -> str:
    said = dict(signal.evidence)
    p_value = said.get("statistic") if said.get("test") == "mann-kendall" else None
    said["odds"] = round(1 / max(p_value, 1e-9)) if p_value else 0
    said["why"] = " ".join(said.get("reasons", []))
    try:
        return TESTS[str(said.get("test"))].format(**said).strip()
    except (KeyError, TypeError, ValueError):
        return ""


def _lasted(signal: Signal) -> str:
    end = signal.back_at or signal.closed_at or timezone.now()
    return span_words(end - signal.raised_at)


def span_words(span: timedelta) -> str:
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        count = round(span / unit)
        if span >= unit:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"


def _ending(signal: Signal) -> str:
    if not signal.is_closed:
        return ""
    if signal.closed_by_id is None and signal.back_at:
        return f"Closed by itself after {_lasted(signal)}: the figure is usual again."
    who = signal.closed_by.display_name if signal.closed_by else "somebody"
    if signal.is_usual_now:
        after = f"The figure is meant to stay so: what is usual is learnt anew from {day_words(signal.first_day)} on."
    elif signal.back_at:
        after = f"The figure was usual again on {day_words(timezone.localdate(signal.back_at))}."
    else:
        after = "The figure has not come back yet; until then there is no further signal of it."
    closed_on = day_words(timezone.localdate(signal.closed_at)) if signal.closed_at else ""
    return f"Closed by {who} on {closed_on}. {after}"


def _links(signal: Signal, user: User) -> tuple[Link, ...]:
    last = (signal.back_at or signal.closed_at or timezone.now()).date()
    span = {"from": signal.first_day.isoformat(), "to": max(last, signal.first_day).isoformat()}
    if signal.kind == Signal.Kind.COST:
        found = [("usage", "Usage and cost of these days", span, user.may(Permission.SEE_USAGE))]
    elif signal.kind == Signal.Kind.AVAILABILITY:
        found = [
            ("quality_answers", "Degraded answers of these days", span | {"what": "degraded"}, True),
            ("models", "State of the models", {}, user.may(Permission.MANAGE_MODELS)),
        ]
    else:
        found = [
            ("quality_answers", "The answers of these days behind it", span | {"what": signal.figure}, True),
            ("quality", "All figures of these days", span, True),
        ]
    return tuple(
        Link(f"{address}?{urlencode(query)}" if query else address, label)
        for name, label, query, may in found if may and (address := address_of(name))
    )  # fmt: skip


def chart_of(signal: Signal) -> LineChart | None:
    """What the signal was found in: days, or minutes of the last two hours."""
    name, whole = FIGURES.get(signal.figure, (signal.figure, ""))
    if signal.kind == Signal.Kind.AVAILABILITY:
        points = [_minute(row) for row in signal.evidence.get("minutes", [])]
        columns, hint = "Minute", "Share of the answers that ended in each minute."
    else:
        rows = dropwhile(lambda row: row["value"] is None, signal.evidence.get("days", []))
        points = [_day(signal, row) for row in rows]
        columns, hint = "Day", f"By day, {whole}." if signal.kind == Signal.Kind.COST else f"Share of {whole}, by day."
    if not points:
        return None
    lines = [Line(name, points)]
    if signal.kind == Signal.Kind.COST:
        lines.append(Line("Usual", [_same(point, signal.before) for point in points]))
        return line_chart(
            "evidence", name, lines, written=as_usd, highest=None, hint=hint, first_column=columns
        )  # fmt: skip
    if signal.before is not None:
        lines.append(Line("Usual", [_same(point, signal.before) for point in points]))
    return line_chart("evidence", name, lines, hint=hint, first_column=columns)


def _same(point: Point, value: float | None) -> Point:
    return Point(point.label, value)


def _day(signal: Signal, row: Mapping[str, object]) -> Point:
    day = date.fromisoformat(str(row["day"]))
    value = row["value"]
    number = float(value) if isinstance(value, int | float) else None
    n = row["n"] if isinstance(row["n"], int) and signal.figure != "cost_day" else None
    label = f"{day.day} {day:%b}"
    title = f"{label}: {_amount(signal, number)}" + (f" of {n:,}" if n is not None else "")
    href = ""
    if number is not None and signal.kind != Signal.Kind.COST:
        said = urlencode({"from": day.isoformat(), "to": day.isoformat(), "what": signal.figure})
        href = f"{reverse('quality_answers')}?{said}"
    return Point(label, number, href=href, title=title, n=n)


def _minute(row: Mapping[str, object]) -> Point:
    minute = timezone.localtime(datetime.fromisoformat(str(row["minute"])))
    n, bad = int(str(row["n"])), int(str(row["bad"]))
    return Point(f"{minute:%H:%M}", bad / n if n else None, title=f"{minute:%H:%M}: {bad} of {n}", n=n)
