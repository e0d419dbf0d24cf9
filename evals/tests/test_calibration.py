"""Fitting when an answer is attempted: cases from a small set, and a fit that separates what can be separated."""

import json

import pytest

from evals import measure_set
from evals.answering import Asked, half_of, questions
from evals.calibration import THRESHOLDS, Case, cases, fitted
from evals.external import Dataset, SetDocument
from evals.management.commands.calibrate import table

HOTELS = SetDocument("hotels", "Hotels", "Employees may book a hotel for up to 140 euros a night.")
GARDEN = SetDocument("garden", "Garden club", "The garden club meets on Thursdays behind the assembly hall.")
PRICE = Asked("How much may a hotel cost a night?", True, frozenset({"hotels"}), "hotels")
POOL = Asked("Which hotels have a pool?", False, frozenset(), "hotels")
TOWER = Asked("How tall is the Eiffel tower?", True, frozenset(), "paris")


def ignore(done, total):
    pass


@pytest.mark.django_db(transaction=True)
def test_each_question_gives_its_cases():
    measure_set.ingest(Dataset("tiny", [HOTELS, GARDEN], []), ignore)
    found = cases("tiny", [PRICE, POOL], [[TOWER]], ignore)
    assert [(case.group, case.answerable) for case in found] == [
        ("tiny: answerable", True),
        ("tiny: its document taken away", False),
        ("tiny: everything of its title taken away", False),
        ("tiny: near miss", False),
        ("tiny: asked of another corpus", False),
    ]
    there, away = found[0].features, found[1].features
    assert there["nearest"] > away["nearest"]


def test_a_fit_attempts_what_is_near_and_not_what_is_far_on_the_half_it_has_not_seen():
    halves = ("tune", "report") * 20
    near = [Case("near", True, {"nearest": 0.7 + n / 1000}, half) for n, half in enumerate(halves)]
    far = [Case("far", False, {"nearest": 0.2 + n / 1000}, half) for n, half in enumerate(halves)]
    fit = fitted(near + far)
    assert fit.weights["nearest"] > 0
    assert fit.attempted["near"][0.5] == 1.0
    assert fit.attempted["far"][0.5] == 0.0
    lines = table(fit)
    assert len(lines) == 8
    assert all(str(threshold) in lines[place] for threshold in THRESHOLDS for place in (2, 5))


def test_questions_on_one_text_or_of_one_conversation_are_in_one_half(tmp_path):
    rows = [
        {"qid": "1", "question": "a?", "gold_doc_ids": ["squad-Normans-1"]},
        {"qid": "2", "question": "b?", "about_doc_ids": ["squad-Normans-12"], "answerable": False},
        {"qid": "talk<::>1", "question": "c?", "gold_doc_ids": ["x"], "history": [{"role": "user", "text": "before?"}]},
        {"qid": "talk<::>2", "question": "d?", "history": [
            {"role": "user", "text": "before?"}, {"role": "assistant", "text": "So."}, {"role": "user", "text": "c?"}]},
        {"qid": "talk<::>3", "question": "e?", "answerability": "PARTIAL"},
    ]  # fmt: skip
    (tmp_path / "queries.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    asked = questions(tmp_path, most=10)
    assert [each.about for each in asked] == ["squad-Normans", "squad-Normans", "talk", "talk"]
    assert [(turn.question, turn.answer) for turn in asked[3].history] == [("before?", "So."), ("c?", "")]
    assert {half_of(str(n)) for n in range(20)} == {"tune", "report"}
