"""A run over an evaluation set on disk: a row for each question, and what was cut off is gone on with."""

import json

import pytest

from evals.external import SetQuery
from evals.runner.files import RESULTS, SUMMARY, NoSuchRun
from evals.set_run import ANSWERED, SEARCH, Rows, Wanted, begun, gone_on_with, read_set_run

FIRST, SECOND = (SetQuery(qid, f"Question {qid}?", ("yes",), frozenset({"d"}), True) for qid in "ab")
HIT, MISS = ({"figures": {"ndcg@10": value}} for value in (1.0, 0.0))
pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings):
    settings.ATTEST_DATA_DIR = tmp_path / "data"
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name in ("corpus.jsonl", "queries.jsonl"):
        (folder / name).write_text("{}\n")
    return folder


def test_rows_survive_a_kill_in_the_middle_of_a_line(folder):
    run = begun(folder, Wanted())
    rows = run.rows()
    rows.add(0, FIRST, SEARCH, HIT)
    rows.add(0, FIRST, ANSWERED, MISS)
    rows.add(1, SECOND, SEARCH, MISS)
    with (run.folder / RESULTS).open("a") as file:
        file.write('{"place": 1, "answer": {"figu')
    again = gone_on_with(run.name, folder, Wanted()).rows()
    assert again.of(0, ANSWERED) == MISS
    assert again.of(1, SEARCH) == MISS
    assert again.of(1, ANSWERED) is None
    again.add(1, SECOND, ANSWERED, HIT)
    assert Rows.read(run.folder).all_of(ANSWERED) == [MISS, HIT]


def test_a_finished_run_has_a_line_for_each_question_and_figures_with_intervals(folder):
    run = begun(folder, Wanted())
    rows = run.rows()
    rows.add(1, SECOND, SEARCH, MISS)
    rows.add(0, FIRST, SEARCH, HIT)
    run.finish(rows, {"dataset": "tiny"})
    lines = [json.loads(line) for line in (run.folder / RESULTS).read_text().splitlines()]
    assert [line["qid"] for line in lines] == ["a", "b"]
    figure = json.loads((run.folder / SUMMARY).read_text())["figures"]["ndcg@10"]
    assert (figure["value"], figure["n"]) == (0.5, 2)
    assert 0.0 <= figure["low"] <= 0.5 <= figure["high"] <= 1.0


def test_only_the_same_run_is_gone_on_with(folder):
    run = begun(folder, Wanted(queries=2))
    assert gone_on_with(run.name, folder, Wanted()).wanted == Wanted(queries=2)
    with pytest.raises(NoSuchRun, match="begun with other options"):
        gone_on_with(run.name, folder, Wanted(queries=3))
    (folder / "queries.jsonl").write_text("{}\n{}\n")
    with pytest.raises(NoSuchRun, match="does not hold what it was begun with"):
        gone_on_with(run.name, folder, Wanted())
    with pytest.raises(NoSuchRun, match="There is no run nothing"):
        read_set_run("nothing")
