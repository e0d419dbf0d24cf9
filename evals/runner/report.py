"""A run as one page that can be read without the product: nothing in it is loaded from elsewhere."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils.safestring import SafeString

from app.quality.intervals import Figure
from evals.metrics.table import ALL, NOTHING, cell
from evals.runner.files import REPORT, Run, why_failed
from evals.runner.scoring import Result
from evals.runner.summary import GROUPS, confusion, measured, summarised, table

FOLDER = Path(__file__).parent
RATES = ("precision", "recall", "false_answer_rate", "false_refusal_rate", "f1")
COSTS = {
    "per_answer": "US dollars for each answer", "median": "its median", "per_right_answer": "for each case passed",
}  # fmt: skip
PERCENTILES = ("p50", "p90", "p95", "p99")


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
        "groups": _groups(results),
        "refusals": [(name, _told(each)) for name, each in summary["refusals"].items() if name in RATES and each],
        "safety": [(kind, _told(each)) for kind, each in summary["safety_rates"].items() if each],
        "support": _told(summary["support"]["supported"]),
        "outcomes": outcomes.labels,
        "confusion": [
            (
                expected,
                [(got, outcomes.count(expected, got), expected == got) for got in outcomes.labels],
                *(_told(summary["outcomes"][expected][name]) for name in ("precision", "recall")),
            )
            for expected in outcomes.labels
        ],
        "costs": [(label, _usd(summary["cost"][name])) for name, label in COSTS.items() if summary["cost"][name]],
        "times": [
            (step, [_ms(times[name]) for name in PERCENTILES], round(times["p50"]["n"]))
            for step, times in summary["latency_ms"].items()
        ],
        "percentiles": PERCENTILES,
        "unsafe": [(result, result.unsafe()) for result in results if result.unsafe()],
        "failed": [(result, why_failed(result)) for result in results if not result.passed],
    }


def _groups(results: Sequence[Result]) -> list[tuple[str, Sequence[str], list[tuple[str, int, list[str]]]]]:
    """What figures tell of, their names, and for each kind its number of cases and each figure with its interval."""
    sizes = {ALL: len(results), **Counter(tag for result in results for tag in measured(result).tags)}
    whole = table(results)
    return [
        (
            title, names,
            [(tag, sizes[tag], [_cell(figures[name], sizes[tag]) for name in names]) for tag, figures in whole.items()],
        )
        for title, names in GROUPS.items()
    ]  # fmt: skip


def _cell(figure: Figure | None, n: int) -> str:
    return NOTHING if figure is None else cell(figure, n)


def _told(figure: Mapping[str, float] | None) -> str:
    """ "0.93 (0.89–0.96), of 120"."""
    if figure is None:
        return NOTHING
    return f"{figure['value']:.2f} ({figure['low']:.2f}–{figure['high']:.2f}), of {figure['n']:.0f}"


def _usd(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.6f} ({figure['low']:.6f}–{figure['high']:.6f}), of {figure['n']:.0f}"


def _ms(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.1f} ({figure['low']:.1f}–{figure['high']:.1f})"
