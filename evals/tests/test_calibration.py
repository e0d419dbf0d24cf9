"""Fitting when an answer is attempted: cases from a small set, and a fit that separates what can be separated."""

import pytest

from evals import measure_set
from evals.calibration import THRESHOLDS, Case, cases, fitted
from evals.external import Dataset, SetDocument, SetQuery
from evals.management.commands.calibrate import table

HOTELS = SetDocument("hotels", "Hotels", "Employees may book a hotel for up to 140 euros a night.")
GARDEN = SetDocument("garden", "Garden club", "The garden club meets on Thursdays behind the assembly hall.")
PRICE = SetQuery("1", "How much may a hotel cost a night?", ("140 euros",), frozenset({"hotels"}), True)
POOL = SetQuery("2", "Which hotels have a pool?", (), frozenset(), False)
TOWER = SetQuery("3", "How tall is the Eiffel tower?", (), frozenset(), True)


def ignore(done, total):
    pass


@pytest.mark.django_db(transaction=True)
def test_each_question_gives_its_cases():
    dataset = Dataset("tiny", [HOTELS, GARDEN], [PRICE, POOL])
    measure_set.ingest(dataset, ignore)
    found = cases(dataset, [Dataset("other", [], [TOWER])], ignore)
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
    near = [Case("near", True, {"nearest": 0.7 + n / 1000}) for n in range(40)]
    far = [Case("far", False, {"nearest": 0.2 + n / 1000}) for n in range(40)]
    fit = fitted(near + far)
    assert fit.weights["nearest"] > 0
    assert fit.attempted["near"][0.5] == 1.0
    assert fit.attempted["far"][0.5] == 0.0
    lines = table(fit)
    assert len(lines) == 5
    assert all(str(threshold) in lines[2] for threshold in THRESHOLDS)
