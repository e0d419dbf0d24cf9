"""The judge is calibrated with the answers that reviewers graded here, and nothing rests on one that was not."""

import ast
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.test import Client

from app.accounts.models import Role, User
from app.providers.registry import forget
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.quality.judges import NOT_CALIBRATED, calibration_of, judge_in_use, standing
from app.quality.models import JudgeCalibration
from app.reviews.tests.grading import GOOD, POOR, asked_and_queued, grade
from app.tests.world import make_world
from evals.judge.agreement import ANSWERS_AT_LEAST

# Who may ask the judge: the commands that compare it with people. Whoever comes next shows `standing` with its figures.
MAY_JUDGE = {"evals/management/commands/calibrate_judge.py", "evals/management/commands/export_graded.py"}
LEAVE = "How many days of leave a year? Write to zofia@home.example."


@pytest.fixture
def world(transactional_db, settings):
    settings.ATTEST_REVIEW_SHARE, settings.ATTEST_REVIEW_SECOND_PERCENT, settings.ATTEST_REVIEW_DAILY = 100, 0, 1000
    made = make_world()
    User.objects.filter(pk=made.bob.pk).update(roles=[Role.REVIEWER])
    made.bob.refresh_from_db()
    return made


@pytest.fixture
def judge(settings):
    settings.LLM_MAX_RETRIES, settings.LLM_MODEL = 0, "mock-judge"
    with MisbehavingServer() as server:
        settings.LLM_BASE_URL = server.url
        forget()
        yield server
    forget()


def graded_by_people(world, count: int) -> None:
    """Answers that quote the handbook are good, those that say something else are not."""
    for place in range(count):
        wrong = {"text": "Breakfast is served daily from seven [1]."} if place % 2 else {}
        item = asked_and_queued(world.alice, f"{LEAVE} ({place})", world.handbook, **wrong)
        levels = {**POOR, "safe": 1} if wrong else GOOD
        grade(item, world.bob, levels, corrected="28 days of leave a year.")


def agreement_page(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.get("/reviews/agreement/").content.decode()


def test_reviewers_grades_in_the_database_calibrate_it_and_the_page_shows_the_agreement(world, judge) -> None:
    graded_by_people(world, ANSWERS_AT_LEAST + 2)
    assert "<strong>Not calibrated.</strong>" in agreement_page(world.bob)
    used = judge_in_use()
    assert used is not None
    assert calibration_of(used) is None
    assert standing(used, "correct") == NOT_CALIBRATED

    out = StringIO()
    call_command("calibrate_judge", stdout=out)
    assert f"graded {ANSWERS_AT_LEAST + 2} of {ANSWERS_AT_LEAST + 2} answers" in out.getvalue()
    assert "| people \\ judge | 0 | 1 | 2 |" in out.getvalue()
    kept = JudgeCalibration.objects.get()
    assert (kept.model, kept.rubric, kept.answers, kept.graded) == (used.model, used.rubric, 52, 52)
    assert set(kept.criteria) == set(GOOD)
    assert kept.criteria["correct"]["kappa"]["value"] == 1.0
    assert kept.criteria["correct"]["relied_on"] is True
    assert kept.criteria["safe"]["kappa"] is None
    assert standing(used, "correct") == "kappa 1.00, 52 answers that people graded"
    assert standing(used, "safe") == "not to be relied on: kappa undefined, 52 answers that people graded"
    shown = agreement_page(world.bob)
    assert "Not calibrated." not in shown
    assert "1.00 <span" in shown
    assert "It may stand in for people only where the last column says so." in shown
    assert "elsewhere" not in shown
    assert kept.criteria["correct"]["confusion"] == [
        {"people": "0", "judge": [26, 0, 0]}, {"people": "1", "judge": [0, 0, 0]}, {"people": "2", "judge": [0, 0, 26]},
    ]  # fmt: skip
    assert "<caption>Correct</caption>" in shown
    assert shown.count('<td class="end numeric">26</td>') >= 2
    sent = str([request.body for request in judge.requests])
    assert "days of leave" in sent
    assert "zofia" not in sent
    assert "alice" not in sent


def test_another_model_or_rubric_was_never_compared(world, judge, settings) -> None:
    graded_by_people(world, 2)
    call_command("calibrate_judge", stdout=StringIO())
    used = judge_in_use()
    assert used is not None
    assert standing(used, "correct").startswith("not to be relied on: kappa")
    settings.LLM_MODEL = "mock-other"
    other = judge_in_use()
    assert other is not None
    assert standing(other, "correct") == NOT_CALIBRATED
    assert "<strong>Not calibrated.</strong>" in agreement_page(world.bob)


def test_grades_of_a_file_are_said_to_be_from_there_and_a_judge_that_fails_on_them_is_called_so(
    world, judge, settings, tmp_path
) -> None:
    graded_by_people(world, 3)
    call_command("export_graded", str(tmp_path / "elsewhere.jsonl"), stdout=StringIO())
    settings.LLM_MODEL = "mock-len40"
    call_command("calibrate_judge", str(tmp_path / "elsewhere.jsonl"), stdout=StringIO(), stderr=StringIO())
    used = judge_in_use()
    assert used is not None
    said = "not to be relied on: kappa undefined, 0 answers graded in the file elsewhere.jsonl"
    assert standing(used, "correct") == said
    shown = agreement_page(world.bob)
    assert "Not calibrated." not in shown
    assert "<strong>Not to be relied on.</strong>" in shown
    assert "graded 0 of 3 answers that were graded elsewhere" in shown
    assert "For the other 3 it gave no grades that can be used." in shown


def test_an_answer_that_says_nothing_is_graded_too(world, judge) -> None:
    item = asked_and_queued(world.alice, "How long is the summer party?", world.handbook, outcome="not_found", text="")
    grade(item, world.bob)
    call_command("calibrate_judge", stdout=StringIO())
    assert JudgeCalibration.objects.get().answers == 1


def test_without_grades_or_without_a_model_it_says_what_to_do(world, settings) -> None:
    with pytest.raises(CommandError, match="people grade on the page Reviews"):
        call_command("calibrate_judge")
    graded_by_people(world, 1)
    settings.LLM_BASE_URL = ""
    with pytest.raises(CommandError, match="No language model is configured to judge"):
        call_command("calibrate_judge")
    assert "No language model is configured that could judge" in agreement_page(world.bob)
    assert not JudgeCalibration.objects.exists()


def test_nothing_but_its_calibration_asks_the_judge() -> None:
    root = Path(configured.BASE_DIR)
    asking = {
        path.relative_to(root).as_posix()
        for folder in ("app", "evals", "ingestion", "retrieval")
        for path in (root / folder).rglob("*.py")
        if "tests" not in path.parts and "evals/judge/" not in path.as_posix() and imports_the_judge(path)
    }
    assert asking == MAY_JUDGE


def imports_the_judge(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if any(name.split(".")[:2] == ["evals", "judge"] for name in names):
            return True
    return False
