"""A run as one page that can be read without the product: nothing in it is loaded from elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils.safestring import SafeString

from app.quality.intervals import Figure
from evals.metrics.table import NOTHING, cell
from evals.runner.files import REPORT, Run, why_failed
from evals.runner.scoring import Result
from evals.runner.summary import FIGURES, confusion, measured, summarised, table

FOLDER = Path(__file__).parent


def write_report(run: Run, results: Sequence[Result]) -> None:
    (run.folder / REPORT).write_text(page(run, results), encoding="utf-8")


def page(run: Run, results: Sequence[Result]) -> SafeString:
    engine = Engine(dirs=[str(FOLDER)], autoescape=True)
    return engine.get_template("report_page.html").render(Context(_context(run, results)))


def _context(run: Run, results: Sequence[Result]) -> dict[str, Any]:
    summary, outcomes = summarised(results), confusion(results)
    return {
        "run": run,
        "summary": summary,
        "names": FIGURES,
        "rows": _rows(results),
        "outcomes": outcomes.labels,
        "confusion": [
            (expected, [(got, outcomes.count(expected, got), expected == got) for got in outcomes.labels])
            for expected in outcomes.labels
        ],
        "unsafe": [(result, result.unsafe()) for result in results if result.unsafe()],
        "failed": [(result, why_failed(result)) for result in results if not result.passed],
    }


def _rows(results: Sequence[Result]) -> list[tuple[str, int, list[str]]]:
    """Kind, number of cases, and each figure with its interval."""
    sizes: dict[str, int] = {"all": len(results)}
    for tags in (measured(result).tags for result in results):
        for tag in tags:
            sizes[tag] = sizes.get(tag, 0) + 1
    return [
        (tag, sizes[tag], [_cell(figures[name], sizes[tag]) for name in FIGURES])
        for tag, figures in table(results).items()
    ]


def _cell(figure: Figure | None, n: int) -> str:
    return NOTHING if figure is None else cell(figure, n)
