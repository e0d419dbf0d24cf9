"""How fast the signals of production see a change, and how often they are wrong: on made-up histories."""

from pathlib import Path

from evals.metrics.planted import Alarms, Planted, cost_alarms, detection, drops, slow_declines

TITLE = "Signals on made-up histories"
AT = 365
DAYS = AT + 140
CHANGES = (
    ("drop", drops, "10 points at once", Planted(DAYS, 0.9, 20, AT, 0.10)),
    ("drop", drops, "5 points at once", Planted(DAYS, 0.9, 20, AT, 0.05)),
    ("drop", drops, "5 points at once", Planted(DAYS, 0.9, 60, AT, 0.05)),
    ("drop", drops, "10 points in 12 weeks", Planted(DAYS, 0.9, 20, AT, 0.10, 84)),
    ("slow decline", slow_declines, "10 points in 12 weeks", Planted(DAYS, 0.9, 20, AT, 0.10, 84)),
    ("slow decline", slow_declines, "10 points in 12 weeks", Planted(DAYS, 0.9, 60, AT, 0.10, 84)),
    ("slow decline", slow_declines, "5 points in 12 weeks", Planted(DAYS, 0.9, 60, AT, 0.05, 84)),
)
LEAPS = (1.5, 2.0, 3.0)


def rows(data: Path) -> list[str]:
    """Needs none of the sets below `data`."""
    return [
        "| signal | change from 0.90 | answers a working day | seen in 20 weeks | days to the signal, median "
        "| in 9 of 10 | false alarms a year |",
        "|---|---|---|---|---|---|---|",
        *(_change_row(*change) for change in CHANGES),
        "",
        "| cost of an answer | seen the same day | false alarms a year |",
        "|---|---|---|",
        *(_cost_row(leap) for leap in LEAPS),
    ]


def _change_row(signal: str, alarms_of: Alarms, change: str, planted: Planted) -> str:
    found = detection(alarms_of, planted)
    return (
        f"| {signal} | {change} | {planted.a_day:g} | {found.seen:.2f} | {_days(found.delay)} "
        f"| {_days(found.delay_90)} | {found.false_alarms_a_year:.2f} |"
    )


def _days(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _cost_row(leap: float) -> str:
    seen, false_alarms = cost_alarms(leap)
    return f"| {leap:g} times the usual | {seen:.2f} | {false_alarms:.2f} |"
