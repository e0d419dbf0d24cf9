"""From a graded answer to the release gate: a verdict becomes a case, is approved, exported, and asked by the gate."""

from contextlib import suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from app.accounts.models import User
from app.answers.tests.asked import asked
from app.corpus.access import reader_for
from app.ops.sample_company import load_people
from app.ops.sample_company import load_sources as load_all_sources
from app.reviews.cases import CaseText, decide, draft_case, suggested
from app.reviews.tests.grading import grade, queued
from evals.cases.case import CASES, Case, read_cases
from evals.gate import baseline as accepted
from evals.management.commands import accept_baseline, eval_gate, evaluate
from evals.runner import company_database as database
from ingestion.foreground import run_source

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
QUESTION = "How many extra days of leave may I buy once a year?"
FACT = ("five extra days", "5 extra days")
WRITTEN = "remote-which-jobs-01"


def ignore(done: int, total: int) -> None:
    pass


@pytest.fixture
def folder(monkeypatch, settings, tmp_path: Path) -> Path:
    """A folder of cases with one in it that somebody wrote, and the company's handbook alone behind the gate."""
    settings.ATTEST_REVIEW_SHARE, settings.ATTEST_REVIEW_SECOND_PERCENT, settings.ATTEST_REVIEW_DAILY = 100, 0, 1000
    settings.ATTEST_DATA_DIR = tmp_path
    monkeypatch.setattr(database, "load_sources", lambda: load_all_sources()[:1])
    monkeypatch.setattr(database, "content_key", lambda variant="": "handbook")
    for function in (accepted.read_baseline, accepted.write_baseline):
        monkeypatch.setattr(function, "__defaults__", (tmp_path / "baseline.json",))
    cases = tmp_path / "cases"
    cases.mkdir()
    for module in (evaluate, eval_gate, accept_baseline):
        monkeypatch.setattr(module, "read_cases", lambda: read_cases(cases))
    lines = [line for path in CASES.glob("*.jsonl") for line in path.read_text().splitlines() if f'"{WRITTEN}"' in line]
    (cases / "handbook.jsonl").write_text("\n".join(lines) + "\n")
    return cases


def approved_from_a_verdict() -> None:
    """Amira asks, Olu grades and drafts, Oskar approves."""
    load_people()
    run_source(load_all_sources()[0], ignore)
    amira, olu, oskar = (User.objects.get(email__startswith=name) for name in ("amira", "olu", "oskar"))
    answer, _ = asked(amira, QUESTION)
    item = queued(answer)
    grade(item, olu)
    text: CaseText = replace(suggested(item, olu), facts=(FACT,))
    draft = draft_case(item, olu, reader_for(olu), text)
    decide(draft.pk, oskar, reader_for(oskar), is_approved=True)


def gate() -> str:
    out = StringIO()
    with suppress(CommandError):
        call_command("eval_gate", mode=["extractive"], stdout=out)
    return out.getvalue()


def test_an_approved_case_is_exported_and_the_gate_runs_with_it(folder: Path, monkeypatch) -> None:
    for mode in ("extractive", "scripted"):
        call_command("evaluate", mode=mode, stdout=StringIO())
    call_command("accept_baseline", reason="Before the first reviewed case.", stdout=StringIO())
    assert "1 of 1 cases pass" in gate()

    approved_from_a_verdict()
    call_command("export_cases", "--to", str(folder), stdout=StringIO())
    (case,) = [each for each in read_cases(folder) if each.id != WRITTEN]
    assert isinstance(case, Case)
    assert (case.question, case.must, case.asker) == (QUESTION, (FACT,), "olu.fairbrother@fennmark.example")
    said = gate()
    assert said.startswith("extractive: passed. 2 of 2 cases pass"), said
    assert f"New or changed, not compared (1):\n    {case.id}" in said

    # Once it is accepted it is held to as any other.
    for mode in ("extractive", "scripted"):
        call_command("evaluate", mode=mode, stdout=StringIO())
    call_command("accept_baseline", reason="With the first reviewed case.", stdout=StringIO())
    assert case.id in accepted.read_baseline().cases["extractive"]
    monkeypatch.setattr("app.answers.steps.generate.quote", lambda draft: None)
    assert f"    {case.id}: expected answered, got failed" in gate()
