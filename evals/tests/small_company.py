"""A company of one source and three cases, so that a whole run takes seconds. Import the two fixtures to have it."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from app.ops.sample_company import load_sources
from evals.cases.case import read_cases
from evals.gate import baseline as accepted
from evals.management.commands import accept_baseline, eval_gate, evaluate
from evals.runner import company_database as database

IDS = ("leave-buy-deadline-01", "remote-which-jobs-01", "no-access-curlew-01")
WANTED = [case for case in read_cases() if case.id in IDS]


@pytest.fixture(scope="module", autouse=True)
def small_company() -> Iterator[None]:
    """Only the first of the company's sources, and only these cases."""
    patched = pytest.MonkeyPatch()
    patched.setattr(database, "load_sources", lambda: load_sources()[:1])
    patched.setattr(database, "content_key", lambda variant="": "small")
    for module in (evaluate, eval_gate, accept_baseline):
        patched.setattr(module, "read_cases", lambda: WANTED)
    yield
    patched.undo()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and the baseline are kept in a folder of the test."""
    settings.ATTEST_DATA_DIR = tmp_path
    monkeypatch.setattr(accepted, "BASELINE", tmp_path / "baseline.json")
    for function in (accepted.read_baseline, accepted.write_baseline):
        monkeypatch.setattr(function, "__defaults__", (tmp_path / "baseline.json",))


def said(*arguments: str, **options: Any) -> str:
    """What a command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()
