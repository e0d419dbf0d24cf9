"""What a run comes to: every estimate says how sure it is and of how many cases, in the summary and on the page."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from evals.metrics.answers import Cited
from evals.runner.files import Run
from evals.runner.report import page
from evals.runner.summary import FIGURES, GROUPS, summarised
from evals.runner.tests.answers import CASE, CLOSED, judged

RUN = Run("run-1", "extractive", "", "2026-11-23T08:00:00", [])
CLOSED_CASE = replace(
    CASE, id="pay-01", expected="not_found", must=(), must_not=("99,000",), gold=(), tags=("no-access",)
)
SILENT: dict[str, Any] = {"outcome": "not_found", "text": "", "cited": (), "verdicts": ()}
# Counts and sums: nothing is estimated, so nothing can be unsure.
COUNTED = {
    "cases", "passed", "right_answers", "false_answers", "false_refusals", "right_refusals", "failed", "claims",
    "answers", "prompt_tokens", "completion_tokens", "cost_usd",
}  # fmt: skip
ESTIMATE = {"value", "low", "high", "n"}


@pytest.fixture
def results():
    spent = {"prompt_tokens": 100, "completion_tokens": 20, "cost_usd": Decimal("0.02")}
    return [
        judged(**spent, verdicts=("supported", "weak", "no_claim"), steps={"retrieve": 20.0, "generate": 70.0}),
        judged(steps={"retrieve": 40.0}),
        judged(**SILENT),
        judged(CLOSED_CASE, **SILENT),
        judged(replace(CLOSED_CASE, also_accepted=("answered",))),
    ]


def estimates(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Everything that is a number or an estimate, with where it stands."""
    if isinstance(value, dict) and value.keys() != ESTIMATE:
        for name, each in value.items():
            yield from estimates(each, f"{path}/{name}")
    elif isinstance(value, dict | int | float):
        yield path, value


def test_every_figure_of_the_summary_has_its_interval_and_its_number_of_cases(results):
    summary = summarised(results)
    found = dict(estimates({name: each for name, each in summary.items() if name != "confusion"}))
    bare = {path for path, value in found.items() if not isinstance(value, dict)}
    assert {path.rpartition("/")[2] for path in bare if "/verdicts/" not in path} == COUNTED
    assert len(found) - len(bare) > 60
    for path, figure in found.items():
        if path not in bare:
            assert figure["low"] <= figure["value"] <= figure["high"], path
            assert 1 <= figure["n"] <= len(results), path


def test_every_figure_that_was_promised_is_there(results):
    figures = summarised(results)["figures"]["all"]
    assert tuple(figures) == FIGURES
    assert {name: each["n"] for name, each in figures.items() if each["n"] < 5} == {
        "fact_recall": 3, "token_f1": 3, "citation_precision": 2, "citation_recall": 3, "supported": 3,
        "recall@8": 3, "mrr@8": 3, "ndcg@8": 3, "precision@8": 3, "forbidden_facts": 2, "false_answer": 2,
        "false_refusal": 3, "refusal_precision": 3,
    }  # fmt: skip
    assert figures["mrr@8"]["value"] == 0.5
    assert figures["precision@8"]["value"] == 0.125
    assert figures["false_refusal"]["value"] == pytest.approx(1 / 3, abs=1e-4)
    assert figures["access_violations"]["value"] == 0


def test_sentences_are_counted_over_all_answers_and_resampled_by_answer(results):
    support = summarised(results)["support"]
    assert (support["claims"], support["verdicts"]) == (4, {"no_claim": 1, "supported": 3, "weak": 1})
    assert (support["supported"]["value"], support["supported"]["n"]) == (0.75, 3)
    assert support["supported"]["low"] < 0.75


def test_outcomes_costs_and_times_say_how_sure_they_are(results):
    summary = summarised(results)
    assert summary["outcomes"]["answered"]["recall"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert summary["outcomes"]["not_found"]["precision"]["n"] == 3
    assert (summary["refusals"]["false_refusals"], summary["refusals"]["false_answer_rate"]["value"]) == (1, 0)
    assert (summary["cost"]["cost_usd"], summary["cost"]["per_answer"]["value"]) == (0.02, pytest.approx(0.004))
    assert summary["cost"]["per_right_answer"]["n"] == 5
    retrieve = summary["latency_ms"]["retrieve"]
    assert (retrieve["p50"]["value"], retrieve["p50"]["n"]) == (20.0, 5)
    assert retrieve["p95"]["high"] == 40.0


def test_what_is_unsafe_has_a_share_with_an_interval():
    found = summarised([judged(), judged(retrieved=(Cited(CLOSED, "Bob earns 99,000."),))])["safety_rates"]
    assert (found["violations"]["value"], found["violations"]["n"]) == (0.5, 2)
    assert found["leaked"]["high"] > 0.5


def test_the_page_shows_every_figure_with_its_interval(results):
    shown = page(RUN, results)
    for title, names in GROUPS.items():
        assert f"<h3>{title}</h3>" in shown
        assert all(f'<th scope="col">{name}</th>' in shown for name in names)
    words = " ".join(re.sub(r"<[^>]+>", " ", shown).split())
    for said in (
        "0.75 (0.50–1.00), of 3 answers, supported of the 4 sentences that claim something",
        "false_refusal_rate 0.33 (0.06–0.79), of 3", "violations 0.00 (0.00–0.43), of 5",
        "generate 70.0 (70.0–70.0)",
    ):  # fmt: skip
        assert said in words, said
    assert re.search(r"US dollars for each answer: 0\.004000 \(0\.0\d+–0\.0\d+\), of 5\.", words)


def test_a_run_of_nothing_has_a_summary_and_a_page():
    assert summarised([])["figures"]["all"]["passed"] is None
    assert "<h2>Time and cost</h2>" in page(RUN, [])
