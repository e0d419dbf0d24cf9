"""Line charts drawn on the server, with bands for how sure a figure is. Values in, places and words out.

Everything is placed in percent of the drawing and coloured by classes, so a chart fits any width and needs neither
inline styles nor scripts. The same figures stand in a table below it, which is also where a keyboard finds the links.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

MOST_TICKS = 6
MOST_LABELS = 4
# Steps of an axis, times a power of ten.
STEPS = (1.0, 2.0, 5.0, 10.0)
# Percentages from so much on are written without decimals.
WHOLE_FROM, WHOLE_STEP = 0.1, 0.01


@dataclass(frozen=True, slots=True)
class Point:
    """One figure of a line; `value` is None where there is none. `low` and `high` are its band, if it has one.

    `label` is its place on the axis and in the table, `title` what is said of it when pointed at, and `n` of how many
    it is.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    href: str = ""
    title: str = ""
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A named line. All lines of a chart have the same number of points, with the same labels."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Dot:
    """A point where it is drawn; `is_alone`: no line leads to it, so its band is drawn as a whisker."""

    x: float
    y: float
    top: float
    bottom: float
    href: str
    title: str
    is_alone: bool


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """`paths` and `bands` are in a drawing of 1000 by 1000 that is stretched to its place."""

    name: str
    number: int
    paths: tuple[str, ...]
    bands: tuple[str, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    place: float
    label: str
    anchor: str = "end"


@dataclass(frozen=True, slots=True)
class Cell:
    words: str
    band: str
    href: str
    n: int | None


@dataclass(frozen=True, slots=True)
class LineChart:
    """`ident` is unique on its page. `summary` says in words what the drawing shows."""

    ident: str
    title: str
    summary: str
    lines: tuple[DrawnLine, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    hint: str = ""
    first_column: str = "Day"

    @property
    def is_empty(self) -> bool:
        return not any(line.dots for line in self.lines)


def as_percent(value: float) -> str:
    """ "93 %", "4.2 %": a decimal where it says something."""
    percent = 100 * value
    return f"{percent:.0f} %" if percent >= 9.95 or percent == round(percent) else f"{percent:.1f} %"


def as_number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:,.3g}"


def line_chart(
    ident: str,
    title: str,
    lines: Sequence[Line],
    *,
    written: Callable[[float], str] = as_percent,
    highest: float | None = 1.0,
    hint: str = "",
    first_column: str = "Day",
) -> LineChart:
    """A chart of the lines. `highest` is the most that a value can be, None where there is no such bound.

    The axis begins at 0 unless all that is drawn lies in the upper half of the way to `highest`.
    """
    if len({tuple(point.label for point in line.points) for line in lines}) > 1:
        raise ValueError("The lines of a chart have the same labels.")
    marks = _marks(lines, highest)
    low, high = marks[0], marks[-1]
    drawn = tuple(_drawn(line, number, low, high) for number, line in enumerate(lines))
    labels = [point.label for point in lines[0].points] if lines else []
    return LineChart(
        ident=ident, title=title, summary=_summary(lines, written), lines=drawn,
        rows=tuple(reversed([(label, _cells(lines, at, written)) for at, label in enumerate(labels)])),
        y_ticks=tuple(Tick(_share(100, mark, low, high), written(mark)) for mark in marks),
        x_ticks=_x_ticks(labels), hint=hint, first_column=first_column,
    )  # fmt: skip


def _marks(lines: Sequence[Line], highest: float | None) -> list[float]:
    """Where the axis is marked, from its beginning to its end."""
    seen = [each for line in lines for point in line.points for each in _extent(point)]
    top = max(seen, default=1.0)
    bottom = min(seen, default=0.0)
    start = bottom if highest and bottom > highest / 2 else 0.0
    if top <= start:
        room = (highest or 1.0) / 10
        start, top = (start - room, top) if highest and top >= highest else (start, start + room)
    least = (top - start) / (MOST_TICKS - 1)
    step = _step(max(least, WHOLE_STEP) if highest and start >= WHOLE_FROM else least)
    first = math.floor(start / step + 1e-9)
    last = max(first + 1, math.ceil(top / step - 1e-9))
    return [round(at * step, 10) for at in range(first, last + 1)]


def _extent(point: Point) -> list[float]:
    return [each for each in (point.value, point.low, point.high) if each is not None and point.value is not None]


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(each * power for each in STEPS if each * power >= least - 1e-12)


def _drawn(line: Line, number: int, low: float, high: float) -> DrawnLine:
    runs = [list(run) for run in _runs(line.points)]
    places = [(_x(at, len(line.points)), point) for at, point in enumerate(line.points)]
    paths, bands, alone = [], [], set()
    for run in runs:
        if len(run) == 1:
            alone.add(run[0])
            continue
        paths.append("M" + " L".join(f"{_x(at, len(places)) * 10:.1f} {_y(line.points[at], low, high)}" for at in run))
        bands += [_band([(places[at][0], line.points[at]) for at in run], low, high)] if _has_band(line, run) else []
    return DrawnLine(
        line.name, number, tuple(paths), tuple(bands),
        tuple(
            _dot(x, point, low, high, is_alone=at in alone)
            for at, (x, point) in enumerate(places) if point.value is not None
        ),
    )  # fmt: skip


def _runs(points: Sequence[Point]) -> Iterator[list[int]]:
    """Places of points that follow each other without a gap."""
    run: list[int] = []
    for at, point in enumerate(points):
        if point.value is not None:
            run.append(at)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _has_band(line: Line, run: Sequence[int]) -> bool:
    return all(line.points[at].low is not None and line.points[at].high is not None for at in run)


def _band(run: Sequence[tuple[float, Point]], low: float, high: float) -> str:
    upper = [f"{x * 10:.1f} {_share(1000, point.high or 0.0, low, high)}" for x, point in run]
    lower = [f"{x * 10:.1f} {_share(1000, point.low or 0.0, low, high)}" for x, point in reversed(run)]
    return "M" + " L".join(upper + lower) + " Z"


def _dot(x: float, point: Point, low: float, high: float, *, is_alone: bool) -> Dot:
    value = point.value or 0.0
    top = point.high if point.high is not None else value
    bottom = point.low if point.low is not None else value
    return Dot(
        x, _share(100, value, low, high), _share(100, top, low, high), _share(100, bottom, low, high),
        point.href, point.title or point.label, is_alone,
    )  # fmt: skip


def _x(at: int, n: int) -> float:
    """In percent from the left; a single point stands in the middle."""
    return round(100 * at / (n - 1), 3) if n > 1 else 50.0


def _y(point: Point, low: float, high: float) -> float:
    return _share(1000, point.value or 0.0, low, high)


def _share(of: int, value: float, low: float, high: float) -> float:
    """From the top, in parts of `of`."""
    return round(of * (1 - (min(max(value, low), high) - low) / (high - low)), 3)


def _x_ticks(labels: Sequence[str]) -> tuple[Tick, ...]:
    n = len(labels)
    if not n:
        return ()
    if n == 1:
        return (Tick(50.0, labels[0], "middle"),)
    wanted = min(MOST_LABELS, n)
    places = [round(at * (n - 1) / (wanted - 1)) for at in range(wanted)]
    ticks = [Tick(_x(at, n), labels[at], "middle") for at in places]
    return (replace(ticks[0], anchor="start"), *ticks[1:-1], replace(ticks[-1], anchor="end"))


def _cells(lines: Sequence[Line], at: int, written: Callable[[float], str]) -> tuple[Cell, ...]:
    return tuple(_cell(line.points[at], written) for line in lines)


def _cell(point: Point, written: Callable[[float], str]) -> Cell:
    if point.value is None:
        return Cell("–", "", point.href, point.n)
    band = f"{written(point.low)} to {written(point.high)}" if point.low is not None and point.high is not None else ""
    return Cell(written(point.value), band, point.href, point.n)


def _summary(lines: Sequence[Line], written: Callable[[float], str]) -> str:
    """Of each line the first, the last, the lowest and the highest figure."""
    said = []
    for line in lines:
        known = [(point.value, point.label) for point in line.points if point.value is not None]
        if not known:
            said.append(f"{line.name}: no figures.")
            continue
        (first, since), (last, until) = known[0], known[-1]
        (least, _), (most, _) = min(known), max(known)
        said.append(
            f"{line.name}: {written(first)} on {since}, {written(last)} on {until}; "
            f"between {written(least)} and {written(most)}."
        )
    return " ".join([*said, "The figures are in the table below."])
