"""Evaluation of a small set through the product's own code, and what is wrong with sets that are refused."""

import json
import re
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from app.corpus.models import Document
from evals import measure_set
from evals.external import DatasetError, load
from ingestion.tests.workers import ROOT, environment

DOCUMENTS = [
    ("hotels", "Hotels", "Employees may book a hotel for up to 140 euros a night."),
    ("hotels-again", "Hotels", "Employees may book a hotel for up to 140 euros a night."),
    ("trains", "Trains", "Trains are booked in second class. Long journeys may be booked in first class."),
    ("garden", "Garden club", "The garden club meets on Thursdays behind the assembly hall."),
    ("empty", "Empty", " "),
]
QUERIES = [
    ("1", "How much may a hotel cost a night?", ["140 euros"], ["hotels-again"], True),
    ("2", "When does the garden club meet?", ["Thursdays"], ["garden"], True),
    ("3", "How tall is the Eiffel tower?", [], [], False),
]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    corpus = [{"doc_id": doc_id, "title": title, "text": text} for doc_id, title, text in DOCUMENTS]
    names = ("qid", "question", "answers", "gold_doc_ids", "answerable")
    lines(folder / "corpus.jsonl", corpus)
    lines(folder / "queries.jsonl", [dict(zip(names, row, strict=True)) for row in QUERIES])
    return folder


RESUME = re.compile(r"--resume (\S+)")


def lines(path, rows):
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")


def ignore(done, total):
    pass


@pytest.mark.django_db(transaction=True)
def test_a_small_set_is_measured_from_ingestion_to_answers(folder):
    dataset = load(folder)
    assert dataset.name == "tiny"
    ingested = measure_set.ingest(dataset, ignore)
    assert (ingested["documents"], ingested["chunks"]) == (4, 3)
    assert min(ingested["ingest"].values()) > 0
    assert Document.objects.filter(external_id="hotels-again", duplicate_of__isnull=False).exists()

    retrieval, latency = measure_set.retrieval(dataset.queries, ignore)
    assert retrieval == {"ndcg@10": 1.0, "mrr@10": 1.0, "recall@5": 1.0, "recall@10": 1.0}
    assert 0 < latency["search_p50"] <= latency["search_p95"]
    alone = measure_set.branches(dataset.queries, ignore)
    assert alone == {"ndcg@10_semantic_alone": 1.0, "ndcg@10_keyword_alone": 1.0}

    assert measure_set.answers(dataset.queries, ignore) == {
        "answered": 1.0, "not_found": 1.0, "answer_in_first_sentence": 1.0, "answer_in_text": 1.0,
        "citation_is_gold": 1.0,
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_command_measures_in_a_database_of_its_own_and_leaves_none_behind(folder):
    ended = subprocess.run(
        [sys.executable, "manage.py", "evaluate", "--dataset", str(folder), "--queries", "2", "--json"],
        env=environment(), cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert list(report) == ["dataset", "documents", "chunks", "queries", "retrieval", "answers", "latency_ms", "ingest"]
    assert (report["dataset"], report["documents"], report["queries"]) == ("tiny", 4, 2)
    assert report["answers"]["not_found"] is None
    resumed = RESUME.search(ended.stderr)
    assert resumed
    again = subprocess.run(
        [sys.executable, "manage.py", "evaluate", "--dataset", str(folder), "--resume", resumed[1], "--json"],
        env=environment(), cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == report
    assert not Document.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE '%evaluation%'")
        assert cursor.fetchall() == []


def test_shares_and_times_of_nothing_are_said_to_be_nothing():
    assert measure_set.share([]) is None
    assert measure_set.latency([]) == {"search_p50": 0.0, "search_p95": 0.0}
    assert measure_set.latency([3.0]) == {"search_p50": 3.0, "search_p95": 3.0}


def test_a_folder_without_a_set_names_the_missing_file(tmp_path):
    with pytest.raises(DatasetError, match=r"corpus\.jsonl cannot be read: No such file or directory\."):
        load(tmp_path)
    with pytest.raises(CommandError, match=r"corpus\.jsonl cannot be read"):
        call_command("evaluate", "--dataset", str(tmp_path))


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("corpus.jsonl", "not json", r"corpus\.jsonl line 2 is not JSON"),
        ("corpus.jsonl", '{"doc_id": "x"}', r"corpus\.jsonl line 2 has no text"),
        ("queries.jsonl", '{"qid": "1"}', r"queries\.jsonl line 2 has no question"),
        ("queries.jsonl", '["a list"]', r"queries\.jsonl line 2 is not an object"),
        ("corpus.jsonl", "7", r"corpus\.jsonl line 2 is not an object"),
    ],
)
def test_a_broken_line_is_named_by_its_number(folder, file, line, complaint):
    first = (folder / file).read_text().splitlines()[0]
    (folder / file).write_text(f"{first}\n{line}\n")
    with pytest.raises(DatasetError, match=complaint):
        load(folder)


def test_a_file_that_is_not_text_is_refused(folder):
    (folder / "corpus.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(DatasetError, match="is not UTF-8 text"):
        load(folder)


def test_a_line_separator_inside_a_text_does_not_end_the_line(folder):
    odd = {"doc_id": "odd", "title": "", "text": "one\u2028two\u0085three"}
    (folder / "corpus.jsonl").write_text(json.dumps(odd, ensure_ascii=False) + "\r\n", encoding="utf-8")
    assert [document.text for document in load(folder).documents] == [odd["text"]]


@pytest.mark.parametrize("file", ["corpus.jsonl", "queries.jsonl"])
def test_an_empty_set_is_refused(folder, file):
    (folder / file).write_text("\n")
    with pytest.raises(DatasetError, match="no documents or no questions"):
        load(folder)
