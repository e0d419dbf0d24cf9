"""The report for a source's owner in words and as comma-separated values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.quality.source_report import SourceReport
from app.quality.sources import WORSE_BY
from app.web.charts import as_percent
from app.web.usage_export import written

LABELS = {
    "not_found": "Nothing found", "unhelpful": "Thumbs down, of those with a thumb",
    "low_support": "Little supported, of those that were checked", "reported": "Citations reported",
    "caveat": "Answered with a caveat", "conflict": "Sources disagree",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportFigure:
    label: str
    part: int
    whole: int
    value: str
    band: str
    is_worse: bool


def figures(report: SourceReport) -> list[ReportFigure]:
    found = []
    for name, label in LABELS.items():
        part, whole = report.figures.counts.parts(name)
        share = report.figures.counts.share(name)
        value = as_percent(share.value) if share else "–"
        band = f"{as_percent(share.low)} to {as_percent(share.high)}" if share else ""
        found.append(ReportFigure(label, part, whole, value, band, name in report.figures.worse_by))
    return found


def lines(report: SourceReport) -> str:
    """One table for all: each line says what it is about. No cell is taken for a formula by a spreadsheet."""
    return written([("part", "name", "figure", "count", "of", "share", "low", "high", "worse than the rest"),
                    *_figures(report), *_documents(report), *_topics(report)])  # fmt: skip


def _figures(report: SourceReport) -> Iterator[tuple[Any, ...]]:
    counts, name = report.figures.counts, report.source.name
    yield "source", name, "answers", counts.answers, "", "", "", "", ""
    yield "source", name, "documents", report.figures.documents, "", "", "", "", ""
    yield "source", name, "stale documents", report.figures.stale, report.figures.documents, "", "", "", ""
    for share, label in LABELS.items():
        part, whole = counts.parts(share)
        figure = counts.share(share)
        numbers = [round(each, 4) for each in (figure.value, figure.low, figure.high)] if figure else ["", "", ""]
        worse = ("yes" if share in report.figures.worse_by else "no") if share in WORSE_BY else ""
        yield "source", name, label, part, whole, *numbers, worse


def _documents(report: SourceReport) -> Iterator[tuple[Any, ...]]:
    for each in report.documents:
        title = each.document.title or each.document.external_id
        for share in ("troubled", *WORSE_BY):
            part, whole = each.counts.parts(share)
            label = LABELS.get(share, "Answers with any trouble")
            yield "document", title, label, part, whole, "", "", "", ""
        yield "document", title, "stale", int(each.is_stale), "", "", "", "", ""


def _topics(report: SourceReport) -> Iterator[tuple[Any, ...]]:
    for each in report.topics:
        name = each.name or "a question of one person"
        yield "unanswered topic", name, "questions", each.questions, "", "", "", "", ""
        yield "unanswered topic", name, "people", each.askers, "", "", "", "", ""
