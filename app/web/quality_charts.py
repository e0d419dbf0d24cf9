"""Production quality in charts and a few figures; each point leads to its answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from app.quality.intervals import Figure
from app.quality.production import Production, Spell
from app.quality.slices import Bucket
from app.reviews.estimates import Estimate
from app.reviews.quality import ALL_BEST
from app.reviews.rubric import newest
from app.web.charts import Line, LineChart, Point, as_number, as_percent, line_chart
from app.web.quality_choice import Asked


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    words: str
    band: str
    href: str


def facts(found: Production, asked: Asked) -> list[Fact]:
    """The whole span in a few figures."""
    best = found.quality.estimates.get(ALL_BEST)
    said = [Fact("Answers", as_number(found.total.answers), _failed_words(found), _list(asked))]
    if best:
        band = f"{as_percent(best.low)} to {as_percent(best.high)}, {best.n:,} graded"
        said.append(Fact("Best in everything", as_percent(best.value), band, _list(asked, what="graded")))
    for name, label in (("not_found", "Nothing found"), ("helpful", "Thumbs up"), ("supported", "Fully supported")):
        share = found.total.share(name)
        if share:
            said.append(Fact(label, as_percent(share.value), f"of {share.n:,}", _list(asked, what=name)))
    return said


def _failed_words(found: Production) -> str:
    return f"and {found.failed:,} that failed" if found.failed else "none failed"


def charts(found: Production, asked: Asked) -> list[LineChart]:
    """Graded quality first, then what all answers say."""
    return [_graded(found, asked), _criteria(found, asked), *_shares(found, asked), _volume(found, asked)]


def _graded(found: Production, asked: Asked) -> LineChart:
    line = Line("Best in everything", [_estimated(spell, ALL_BEST, asked) for spell in found.spells])
    return _chart(found, "graded", "Graded quality: best in everything", [line], "Estimated from the graded sample.")


def _criteria(found: Production, asked: Asked) -> LineChart:
    """Without bands, which would hide each other; the table has them."""
    lines = [
        Line(each.label, [_estimated(spell, each.name, asked) for spell in found.spells])
        for each in newest().criteria
    ]  # fmt: skip
    return _chart(
        found, "criteria", "Graded quality by question", [_unbanded(line) for line in lines], "100 % is best."
    )


def _unbanded(line: Line) -> Line:
    plain = [Point(each.label, each.value, href=each.href, title=each.title, n=each.n) for each in line.points]
    return Line(line.name, plain)


SHARE_CHARTS: tuple[tuple[str, str, str, str], ...] = (
    ("helpful", "Thumbs up", "Of answers with a thumb.", "Thumbs up"),
    ("not_found", "Nothing found", "Of all answers.", "Nothing found"),
    ("supported", "Fully supported", "Of answers whose sentences were checked.", "Fully supported"),
    ("caveat", "Answered with a caveat", "Of all answers.", "With a caveat"),
    ("conflict", "Sources disagree", "Of all answers.", "Sources disagree"),
    ("degraded", "Quoted because the model was unavailable", "Of all answers.", "Quoted instead"),
)


def _shares(found: Production, asked: Asked) -> list[LineChart]:
    return [
        _chart(found, name, title, [Line(short, [_shared(spell, name, asked) for spell in found.spells])], hint)
        for name, title, hint, short in SHARE_CHARTS
    ]


def _volume(found: Production, asked: Asked) -> LineChart:
    points = [
        Point(
            spell.bucket.label, float(spell.counts.answers), href=_list_of(asked, spell.bucket),
            title=f"{spell.bucket.words}: {spell.counts.answers:,} answers",
        )
        for spell in found.spells
    ]  # fmt: skip
    return _chart(found, "volume", "Answers", [Line("Answers", points)], "", written=as_number, highest=None)


def _chart(
    found: Production, ident: str, title: str, lines: Sequence[Line], hint: str, *,
    written: Callable[[float], str] = as_percent, highest: float | None = 1.0,
) -> LineChart:  # fmt: skip
    first_column = "Week from" if found.by_week else "Day"
    return line_chart(
        f"chart-{ident}", title, lines, written=written, highest=highest, hint=hint, first_column=first_column
    )


def _estimated(spell: Spell, name: str, asked: Asked) -> Point:
    return _point(spell, spell.quality.estimates.get(name), asked, what="graded", noun="graded")


def _shared(spell: Spell, name: str, asked: Asked) -> Point:
    return _point(spell, spell.counts.share(name), asked, what=name, noun="answers")


def _point(spell: Spell, figure: Figure | Estimate | None, asked: Asked, *, what: str, noun: str) -> Point:
    if figure is None:
        return Point(spell.bucket.label, None)
    title = (
        f"{spell.bucket.words}: {as_percent(figure.value)} "
        f"({as_percent(figure.low)} to {as_percent(figure.high)}, {figure.n:,} {noun})"
    )
    href = _list_of(asked, spell.bucket, what)
    return Point(spell.bucket.label, figure.value, figure.low, figure.high, href, title, figure.n)


def _list_of(asked: Asked, bucket: Bucket, what: str = "") -> str:
    return f"{reverse('quality_answers')}?{asked.query(first=bucket.first, last=bucket.last, what=what)}"


def _list(asked: Asked, *, what: str = "") -> str:
    return f"{reverse('quality_answers')}?{asked.query(what=what)}"
