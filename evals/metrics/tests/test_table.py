"""The table of figures by tag."""

import pytest

from app.quality.intervals import mean_figure, wilson
from evals.metrics.table import Measured, by_tag, figure_of, rows

CASES = [
    Measured(("list", "typo"), {"right": 1.0, "recall": 0.5}),
    Measured(("list",), {"right": 1.0, "recall": 1.0}),
    Measured(("far-miss",), {"right": 0.0, "recall": None}),
    Measured(("far-miss",), {"right": 1.0}),
]


def test_a_yes_or_no_figure_has_wilsons_interval_and_others_the_bootstraps():
    assert figure_of(CASES, "right") == wilson(3, 4)
    assert figure_of(CASES, "recall") == mean_figure([0.5, 1.0])
    assert figure_of(CASES, "unknown") is None


def test_each_tag_has_its_cases():
    table = by_tag(CASES, ["right"])
    assert list(table) == ["all", "far-miss", "list", "typo"]
    assert [each["right"].n for each in table.values()] == [4, 2, 2, 1]
    assert table["far-miss"]["right"].value == pytest.approx(0.5)


def test_the_rows_say_interval_and_number():
    assert rows(CASES, ["right", "recall"]) == [
        "| cases | n | right | recall |",
        "|---|---|---|---|",
        "| all | 4 | 0.75 (0.30–0.95) | 0.75 (0.50–1.00, of 2) |",
        "| far-miss | 2 | 0.50 (0.09–0.91) | – |",
        "| list | 2 | 1.00 (0.34–1.00) | 0.75 (0.50–1.00) |",
        "| typo | 1 | 1.00 (0.21–1.00) | 0.50 (0.50–0.50) |",
    ]


def test_no_cases_make_a_table_of_nothing():
    assert rows([], ["right"])[2:] == ["| all | 0 | – |"]
