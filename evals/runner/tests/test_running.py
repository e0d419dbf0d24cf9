"""A run from end to end over a company of one source: its files, its rows, going on after a kill, and the commands."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from app.answers.models import Question
from app.answers.steps.quote import quote
from app.audit.models import AuditEvent
from app.corpus.models import Document
from app.quality.models import CaseResult, EvaluationRun
from evals.cases.case import read_cases
from evals.gate import baseline as accepted
from evals.runner import company_database as database
from evals.runner import files
from evals.runner.company_database import company_database, ensure_template
from evals.runner.modes import Mode, NoModel
from evals.runner.run import Wanted, run_cases
from evals.tests.small_company import IDS, WANTED, elsewhere, said, small_company

__all__ = ["elsewhere", "small_company"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def ignore(done, total):
    pass


def test_the_cases_are_there():
    assert len(WANTED) == len(IDS)


def test_a_run_leaves_its_files_and_rows_and_nothing_else():
    report = json.loads(said("evaluate", "--json"))
    run = EvaluationRun.objects.get()
    assert (run.name, run.mode, run.cases, report["cases"]) == (report["run"], "extractive", 3, 3)
    assert run.made_of["encoder"]
    assert CaseResult.objects.filter(run=run, is_safe=True).count() == 3
    assert Question.objects.count() == 0
    folder = files.read_run(run.name).folder
    results = files.read_results(files.read_run(run.name))
    assert [each.case for each in results] == [case.id for case in WANTED]
    assert json.loads((folder / files.SUMMARY).read_text())["figures"]["all"]["passed"]["n"] == 3
    junit = ElementTree.parse(folder / files.JUNIT).getroot()
    assert junit.get("tests") == "3"
    assert int(junit.get("failures")) == sum(not each.passed for each in results)
    page = (folder / files.REPORT).read_text()
    assert run.name in page
    assert "http://" not in page
    assert "<script" not in page


def test_two_runs_that_begin_in_the_same_second_are_two():
    names = [files.new_name("extractive") for _ in range(20)]
    assert len(set(names)) == 20
    assert all(files.runs_folder().joinpath(name).is_dir() for name in names)


def test_a_run_that_was_cut_off_is_gone_on_with_and_only_asks_what_is_missing():
    run, results = run_cases(WANTED, Mode.EXTRACTIVE, 2, ignore, {})
    kept = json.loads(results[0].as_line()) | {"notice": "kept from before"}
    (run.folder / files.RESULTS).write_text(json.dumps(kept) + '\n{"case": "cut of')
    assert run.name in said("evaluate", resume=run.name)
    again = files.read_results(run)
    assert [each.case for each in again] == [each.case for each in results]
    assert [each.notice == "kept from before" for each in again] == [True, False, False]


def test_a_run_made_with_another_prompt_is_not_gone_on_with():
    run, _ = run_cases(WANTED, Mode.EXTRACTIVE, 2, ignore, {})
    changed = json.loads((run.folder / files.RUN).read_text())
    changed["made_of"]["prompt “answer”"] = "older"
    (run.folder / files.RUN).write_text(json.dumps(changed))
    with pytest.raises(CommandError, match="prompt “answer” changed since"):
        call_command("evaluate", resume=run.name)
    with pytest.raises(CommandError, match="There is no run lost"):
        call_command("evaluate", resume="lost")


def test_cases_are_chosen_by_kind_half_and_name():
    cases = read_cases()
    assert {case.id for case in Wanted(cases=IDS).of(cases)} == set(IDS)
    assert all("typo" in case.tags for case in Wanted(tags=["typo"]).of(cases))
    halves = [{case.id for case in Wanted(half=half).of(cases)} for half in ("tune", "report")]
    assert halves[0].isdisjoint(halves[1])
    assert len(halves[0] | halves[1]) == len(cases)
    with pytest.raises(CommandError, match="No case is of that kind"):
        call_command("evaluate", "--tag", "riddle")


def test_a_mode_without_its_model_is_a_sentence(settings):
    settings.LLM_BASE_URL = ""
    with pytest.raises(CommandError, match="No model is configured"):
        call_command("evaluate", mode="configured")
    with pytest.raises(NoModel):
        run_cases(WANTED, Mode.CONFIGURED, 1, ignore, {})


def test_a_baseline_is_accepted_with_a_reason_and_the_gate_then_passes_and_fails():
    with pytest.raises(CommandError, match="holds nothing for extractive"):
        call_command("eval_gate")
    with pytest.raises(CommandError, match="There is no whole run in mode extractive and scripted"):
        call_command("accept_baseline", reason="The first baseline of all.")
    for mode in ("extractive", "scripted"):
        said("evaluate", mode=mode)
    with pytest.raises(CommandError, match="Say in a sentence why"):
        call_command("accept_baseline", reason="because")
    said("accept_baseline", reason="The first baseline of all.")
    event = AuditEvent.objects.get(action="baseline_accepted", details__mode="scripted")
    assert event.details["reason"] == "The first baseline of all."
    assert [entry["why"] for entry in accepted.read_baseline().history] == ["The first baseline of all."] * 2
    assert "extractive: passed." in said("eval_gate")

    worse = accepted.read_baseline()
    for cases in worse.cases.values():
        for case in cases.values():
            object.__setattr__(case, "passed", True)
    worse.cases["extractive"]["gone-01"] = next(iter(worse.cases["extractive"].values()))
    accepted.write_baseline(worse)
    assert "In the baseline but not run (1)" in said("eval_gate", mode=["extractive"])


def test_a_fault_in_the_product_fails_the_command_which_names_it(monkeypatch):
    said("evaluate", mode="extractive")
    said("accept_baseline", reason="The first baseline of all.", run=[EvaluationRun.objects.get().name])

    def shifted(draft):
        quote(draft)
        draft.citations = [replace(each, marker=each.marker + 1) for each in draft.citations]

    monkeypatch.setattr("app.answers.steps.generate.quote", shifted)
    out = StringIO()
    with pytest.raises(CommandError, match="The gate failed in mode extractive"):
        call_command("eval_gate", mode=["extractive"], stdout=out)
    assert "a citation number points at nothing" in out.getvalue()
    assert EvaluationRun.objects.latest("pk").verdict == "failed"


def test_a_part_of_the_cases_is_no_baseline():
    report = json.loads(said("evaluate", "--json", case=[IDS[0]]))
    with pytest.raises(CommandError, match="lacks 2 cases"):
        call_command("accept_baseline", reason="Only one of them.", run=[report["run"]])


def test_a_database_without_the_tables_is_a_sentence_before_anything_is_asked(monkeypatch):
    monkeypatch.setattr(EvaluationRun._meta, "db_table", "not_there")
    for command in ("evaluate", "eval_gate"):
        with pytest.raises(CommandError, match=r"run `manage\.py migrate` first"):
            call_command(command)


def test_what_is_past_its_date_does_not_depend_on_the_day_of_the_run(monkeypatch):
    def stale(story):
        monkeypatch.setattr(database, "STORY", story)
        with company_database(ignore):
            return sorted(each.external_id for each in Document.objects.all() if each.is_stale())

    now = timezone.now()
    assert stale(now) == stale(now) != []
    assert stale(now - timedelta(days=400)) != stale(now)


def test_the_company_is_read_once_and_copies_go_away():
    template = ensure_template(ignore)
    usual = connection.settings_dict["NAME"]
    with company_database(ignore):
        assert connection.settings_dict["NAME"] not in (usual, template)
        Question.objects.all().delete()
    assert connection.settings_dict["NAME"] == usual
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{usual}\\_%"])
        names = [name for (name,) in cursor.fetchall()]
    assert template in names
    assert not [name for name in names if "_run_" in name or "_building_" in name]


def test_a_copy_whose_process_is_gone_is_swept_up_and_another_machines_is_left():
    usual = connection.settings_dict["NAME"]
    lost, elsewhere = f"{usual}_run_{database.HOST}_999999999_abcdef", f"{usual}_run_another_999999999_abcdef"
    with connection.cursor() as cursor:
        for name in (lost, elsewhere):
            cursor.execute(f'CREATE DATABASE "{name}"')
    ensure_template(ignore)
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname IN (%s, %s)", [lost, elsewhere])
        assert cursor.fetchall() == [(elsewhere,)]
        cursor.execute(f'DROP DATABASE "{elsewhere}"')
