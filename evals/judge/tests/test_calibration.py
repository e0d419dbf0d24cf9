"""Agreement of the judge with people: shown by criterion, and believed only when it is sure."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from app.providers.registry import forget
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.quality.models import JudgeCalibration
from evals.judge.agreement import Pair, agreements, may_be_relied_on, rows
from evals.judge.calibration import CalibrationError, read
from evals.judge.rubric import LEVELS, Verdict

BEST = {name: max(levels) for name, levels in LEVELS.items()}
WORST: dict[str, int] = dict.fromkeys(LEVELS, 0)
PASSAGE = {"marker": 1, "text": "Employees may book a hotel that may cost up to 140 euros a night."}
ROW: dict[str, Any] = {
    "id": "hotel-1", "question": "How much may a hotel cost?", "outcome": "answered", "passages": [PASSAGE],
    "answer": "A hotel may cost up to 140 euros a night [1].", "reference": "Up to 140 euros a night.", "people": BEST,
}  # fmt: skip


def pairs(same, different):
    """Half of those that agree have the best grades, half the worst."""
    best, worst = Verdict(BEST), Verdict(WORST)
    agreed = [Pair(each, each) for _ in range(same // 2) for each in (best, worst)]
    return agreed + [Pair(best, worst) for _ in range(different)]


def write(path, *graded):
    path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in graded) + "\n")
    return path


def test_a_judge_that_agrees_over_enough_answers_may_be_relied_on():
    assert all(may_be_relied_on(each, 92) for each in agreements(pairs(90, 2)).values())


@pytest.mark.parametrize("few", [pairs(48, 0), pairs(60, 30)])
def test_one_that_was_seen_too_little_or_agrees_too_little_may_not(few):
    assert not any(may_be_relied_on(each, len(few)) for each in agreements(few).values())


def test_agreement_on_answers_that_are_all_alike_shows_nothing():
    found = agreements([Pair(Verdict(BEST), Verdict(BEST))] * 200)
    assert found["correct"].observed.value == 1.0
    assert found["correct"].kappa is None
    assert not may_be_relied_on(found["correct"], 200)


@pytest.mark.parametrize(("left", "said"), [(10, "correct, grounded"), (11, "It may not be relied on for anything.")])
def test_one_that_leaves_more_than_a_tenth_has_chosen_what_it_is_compared_on(left, said):
    lines = rows([*pairs(90, 0), *[Pair(Verdict(BEST), None)] * left])
    assert said in next(line for line in lines if line.startswith(f"The judge graded 90 of {90 + left} answers."))


def test_levels_that_are_near_count_as_little_and_people_are_the_rows():
    near = [Pair(Verdict({**BEST, "correct": people}), Verdict({**BEST, "correct": judge}))
            for people, judge in ((0, 0), (1, 0), (2, 1))]  # fmt: skip
    found = agreements(near)["correct"]
    assert (found.confusion.count("2", "1"), found.confusion.count("1", "2")) == (1, 0)
    # Squares of the distances: 2 seen, and (5 + 5 + 2) / 3 = 4 expected by chance.
    assert found.kappa.value == pytest.approx(1 - 2 / 4)


def test_answers_that_the_judge_left_are_counted_and_take_no_part():
    lines = rows([*pairs(10, 0), Pair(Verdict(BEST), None)])
    assert "| correct | 10 | 1.00 (0.72–1.00) | 1.00 (1.00–1.00) | almost perfect | no |" in lines
    assert any("graded 10 of 11 answers" in line for line in lines)
    assert "| people \\ judge | 0 | 1 | 2 |" in lines


def test_without_any_verdict_there_is_a_table_of_nothing():
    assert "| safe | 0 | – | – | undefined | no |" in rows([Pair(Verdict(BEST), None)])


def test_graded_answers_are_read(tmp_path):
    least = {**ROW, "id": "b", "passages": [], "reference": ""}
    graded = read(write(tmp_path / "graded.jsonl", ROW, "", least))
    assert [each.id for each in graded] == ["hotel-1", "b"]
    assert graded[0].item.passages == ((1, PASSAGE["text"]),)
    assert graded[0].people == Verdict(BEST)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 1, is not JSON"),
        ("[]", "line 1: This is not an object"),
        ({**ROW, "people": None}, "a level for each criterion"),
        ({**ROW, "people": {**BEST, "safe": 9}}, "The grade for safe is 9"),
        ({**ROW, "rubric": "0@00000000"}, "graded by the rubric 0@00000000, and people grade by 1@"),
        ({**ROW, "answer": None}, "“answer” must be a text"),
        ({**ROW, "passages": ["x"]}, "needs a “marker”"),
        ({**ROW, "passages": 3}, "“passages” must be a list"),
        ("", "holds no graded answers"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(tmp_path, line, complaint):
    with pytest.raises(CalibrationError, match=complaint):
        read(write(tmp_path / "graded.jsonl", line))


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(CalibrationError, match="cannot be read"):
        read(tmp_path / "none.jsonl")


@pytest.fixture
def served(settings):
    settings.LLM_MAX_RETRIES, settings.LLM_MODEL = 0, "mock-judge"
    with MisbehavingServer() as server:
        settings.LLM_BASE_URL = server.url
        forget()
        yield settings
    forget()


@pytest.mark.django_db(transaction=True)
def test_the_command_shows_the_agreement(tmp_path, served):
    wrong = {
        **ROW,
        "id": "hotel-2",
        "answer": "Breakfast is served daily from seven [1].",
        "people": {**WORST, "safe": 1},
    }
    out = StringIO()
    call_command("calibrate_judge", str(write(tmp_path / "graded.jsonl", ROW, wrong)), stdout=out)
    assert "| correct | 2 | 1.00 (0.34–1.00) |" in out.getvalue()
    assert "Judge: mock-judge (default@" in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_command_says_why_nothing_was_graded(tmp_path, served):
    served.LLM_MODEL, err = "mock-401", StringIO()
    with pytest.raises(CommandError, match="graded no answer"):
        call_command("calibrate_judge", str(write(tmp_path / "graded.jsonl", ROW)), stderr=err)
    assert "hotel-1: The judge could not be asked" in err.getvalue()
    assert not JudgeCalibration.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_judge_whose_replies_cannot_be_read_was_compared_and_failed(tmp_path, served):
    served.LLM_MODEL, out, err = "mock-len40", StringIO(), StringIO()
    rows_of_it = [{**ROW, "id": f"hotel-{number}"} for number in range(12)]
    call_command("calibrate_judge", str(write(tmp_path / "graded.jsonl", *rows_of_it)), stdout=out, stderr=err)
    assert "The judge graded 0 of 12 answers. It may not be relied on for anything." in out.getvalue()
    assert "… and 2 more.\nWithout grades: 12 replies that could not be read, 0 times no whole reply." in err.getvalue()
    kept = JudgeCalibration.objects.get()
    assert (kept.file, kept.answers, kept.graded, kept.left) == ("graded.jsonl", 12, 0, 12)
    assert not kept.is_of_use


@pytest.mark.django_db
def test_the_command_needs_a_file_and_a_model(tmp_path, settings):
    settings.LLM_BASE_URL = ""
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("calibrate_judge", str(tmp_path / "none.jsonl"))
    with pytest.raises(CommandError, match="No language model is configured to judge"):
        call_command("calibrate_judge", str(write(tmp_path / "graded.jsonl", ROW)))
