"""Runs of evaluation cases: all of them, one, one case of it, and two of them side by side."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from app.accounts.permissions import Permission
from app.quality.models import CaseResult, EvaluationRun
from app.web.asked_for import number_asked
from app.web.doors import judges, permitted, signed_in
from app.web.quality_run import CaseFilter, case_filter, figure_labels, figure_rows, run_sums
from app.web.quality_run_case import case_context, runs_to_choose
from app.web.quality_run_compare import (
    changed_cases,
    chosen_pairs,
    compare_runs,
    counts_of,
    made_of_differences,
    remarks,
    why_not_comparable,
)
from app.web.quality_run_words import (
    chosen_words,
    has_open_texts,
    label_of,
    outcome_label,
    runs_of_kind,
    why,
)
from app.web.quality_runs import kinds_there_are, run_before, run_lines, trends

RUNS_PER_PAGE = 25
CASES_PER_PAGE = 25
CHANGES_PER_PAGE = 20


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality_runs(request: HttpRequest) -> HttpResponse:
    kinds = kinds_there_are()
    mode = request.GET.get("mode", "")
    mode = mode if mode in {value for value, _, _ in kinds} else ""
    rows = runs_of_kind(mode) if mode else EvaluationRun.objects.all()
    page = Paginator(rows, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "modes": kinds, "mode": mode, "page": page, "lines": run_lines(page), "trends": trends(mode, kinds),
        "total": sum(count for _, _, count in kinds),
    }  # fmt: skip
    return render(request, "web/quality_runs.html", context)


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality_run(request: HttpRequest, run_id: int) -> HttpResponse:
    run = get_object_or_404(EvaluationRun, pk=run_id)
    sums, has_texts = run_sums(run), has_open_texts(run)
    chosen, choices = chosen_in(request, run)
    results = chosen.of(run.results.all(), with_texts=has_texts)
    page = Paginator(results, CASES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "run": run, "line": run_lines([run])[0], "has_texts": has_texts, "sums": sums,
        "labels": figure_labels(run), "rows": figure_rows(run), "chosen": chosen, **choices, "page": page,
        "cases": [(result, why(result, with_texts=has_texts)) for result in page], "others": runs_to_choose(run),
        "before": run_before(run),
    }  # fmt: skip
    return render(request, "web/quality_run.html", context)


def chosen_in(request: HttpRequest, run: EvaluationRun) -> tuple[CaseFilter, dict[str, Any]]:
    """What is asked for, and what there is to choose from."""
    tags = sorted(run.figures.keys() - {"all"})
    expected, outcomes = (
        sorted(run.results.order_by().values_list(name, flat=True).distinct()) for name in ("expected", "outcome")
    )
    labelled = [(name, outcome_label(name)) for name in outcomes if name]
    choices = {"tags": tags, "outcomes": labelled, "expected_there": [(name, outcome_label(name)) for name in expected]}
    return case_filter(request.GET, tags, expected, outcomes), choices


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality_run_case(request: HttpRequest, run_id: int, case: str) -> HttpResponse:
    rows = CaseResult.objects.select_related("run")
    result = get_object_or_404(rows, run=run_id, case=case.replace("\x00", ""))
    context = {**case_context(result), "may_review": judges(signed_in(request))}
    return render(request, "web/quality_run_case.html", context)


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality_run_compare(request: HttpRequest) -> HttpResponse:
    """Asks for two runs where they are not given, or not there any more."""
    before, after = run_in(request, "a"), run_in(request, "b")
    context: dict[str, Any] = {"before": before, "after": after, "runs": runs_to_choose()}
    if before and after:
        context |= side_by_side(request, before, after)
    return render(request, "web/quality_run_compare.html", context)


def side_by_side(request: HttpRequest, before: EvaluationRun, after: EvaluationRun) -> dict[str, Any]:
    found, show = compare_runs(before, after), request.GET.get("show", "")
    pairs = chosen_pairs(found, show)
    page = Paginator(pairs, CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    reasons = why_not_comparable(before, after, found)
    return {
        "found": found, "reasons": reasons, "remarks": remarks(before, after, found),
        "tested": [(label_of(each.name), each) for each in found.tested], "counts": counts_of(found), "show": show,
        "made_of": made_of_differences(before, after), "page": page,
        "changed": changed_cases(before, after, list(page)),
        "has_texts": has_open_texts(before) and has_open_texts(after), "lines": run_lines([before, after]),
        "chosen": [chosen_words(run.filters) for run in (before, after)],
    }  # fmt: skip


def run_in(request: HttpRequest, name: str) -> EvaluationRun | None:
    return EvaluationRun.objects.filter(pk=number_asked(request.GET.get(name, "")) or 0).first()
