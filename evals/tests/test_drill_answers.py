"""The answer drill, short: some faults of each kind, and the judge of claims that it trusts."""

import subprocess
import sys
from pathlib import Path

import pytest

from evals.drill_answers.asking import Seen
from evals.drill_answers.library import wrong_claims

ROOT = Path(__file__).resolve().parents[2]
FEW = "500,cut,invent,embedding-hang,valkey-midway,postgres-midway"
SOURCES = {1: "travel.md", 2: "leave.md"}


@pytest.mark.slow
def test_faults_of_each_kind_are_borne():
    command = [sys.executable, "-m", "evals.drill_answers", "--only", FEW, "--dry"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 6 faults were borne" in done.stdout


def test_a_fault_that_does_not_exist_is_refused_with_the_names_of_all():
    command = [sys.executable, "-m", "evals.drill_answers", "--only", "earthquake"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "There is no fault earthquake; there are none, refused" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "Employees may book a hotel for up to 140 euros a night [1].",
        "Receipts are handed in within 30 days. [1]\n\nUp to 5 days may be carried over until the end of March [2].",
        "Anything above needs the approval of a manager.",
        "",
    ],
)
def test_what_the_documents_say_is_no_wrong_claim(text):
    assert wrong_claims(text, SOURCES) == []


@pytest.mark.parametrize(
    "text",
    [
        "Employees may book a hotel for up to 190 euros a night [1].",
        "Employees may book a hotel for up to 140 euros a night [2].",
        "Employees may book a hotel for up to 140 euros a night [3].",
        "Exceptions are approved by Halvorsen within 40 working days [1].",
        "Employees may not book a hotel for up to 140 euros a night.",
    ],
)
def test_whatever_else_is_claimed_is_wrong(text):
    assert len(wrong_claims(text, SOURCES)) == 1


def judged(seen, row, page="<p>Fine</p>", status=200):
    from evals.drill_answers.faults import ANSWERED, Fault
    from evals.drill_answers.judging import wrongs

    return wrongs(Fault("cut", "a fault", ANSWERED, 5), seen, row, page, status)


def answered(**changes):
    body = {"outcome": "answered", "text": "", "notice": "", "citations": []}
    return Seen(**{"status": 200, "ended": "answer", "body": body, "end_s": 1.0} | changes)


def row(outcome="answered"):
    from evals.drill_answers.stage import Row

    return Row(outcome, "model", "", [], [], 1)


def test_what_is_well_borne_is_not_blamed():
    assert judged(answered(), row()) == []


def test_each_way_to_fail_a_reader_is_named():
    trace = 'Traceback (most recent call last):\n  File "app/x.py", line 3'
    assert judged(answered(end_s=6.0), row()) == ["took 6.0 s, more than 5 s"]
    assert judged(answered(), None) == ["the Answer row was lost: it has no outcome"]
    assert judged(answered(), row("failed")) == ["recorded as failed, shown as answered"]
    assert judged(answered(raw=trace), row()) == ["a stack trace was sent"]
    assert judged(answered(), row(), trace, 500) == ["a stack trace on the page", "the page has status 500"]
    assert judged(Seen(status=500, ended="refused"), row())[0] == "status 500"
    assert judged(Seen(status=200, ended="ReadTimeout"), row()) == ["ended with ReadTimeout, status 200, outcome none"]
