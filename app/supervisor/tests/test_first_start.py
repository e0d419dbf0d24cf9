"""`make run` on a bare machine: the sample company is loaded once, whatever is killed, and later starts are quick."""

import os
import signal
import socket
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import pytest
from django.conf import settings

from app.embedded import postgres_url, start_postgres, start_valkey, stop_unused
from app.supervisor.tests.machine_speed import slowness
from app.supervisor.tests.serving import seconds_until_ready, serve, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

SAMPLE = Path(settings.BASE_DIR) / "sample"
# Each document with its current version, and how many versions it has.
DOCUMENTS = """
    SELECT d.source_id, d.external_id, d.current_version_id, count(v.id)
    FROM corpus_document d LEFT JOIN corpus_documentversion v ON v.document_id = d.id
    GROUP BY d.id ORDER BY d.id
"""
STARTED_AGAIN_SECONDS = 15.0

Row = tuple[int, str, int | None, int]


@dataclass
class FirstStart:
    """What was seen of a data folder whose sample was cut off in the middle, and of the start after that."""

    environment: dict[str, str]
    said: str = ""
    cut_off_at: list[Row] = field(default_factory=list)
    marked_unfinished: bool = False
    loaded: list[Row] = field(default_factory=list)
    unfinished_afterwards: bool = True
    status: int | None = None


@pytest.fixture(scope="module")
def first() -> Iterator[FirstStart]:
    """Start and kill everything while the sample is loaded, start again, and stop with Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="attest-first-") as folder:
        story = FirstStart(environment_of(folder, "true"))
        try:
            cut_off_while_loading(story, Path(folder))
            start_and_stop(story, Path(folder))
            yield story
        finally:
            stop_unused(Path(folder))


def environment_of(folder: str, debug: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return inherited | {
        "ATTEST_DATA_DIR": folder,
        "ATTEST_PORT": str(unused_port()),
        "DEBUG": debug,
        "SECRET_KEY": "x" * 60,
    }


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cut_off_while_loading(story: FirstStart, folder: Path) -> None:
    process = serve(story.environment)
    try:
        deadline = time.monotonic() + 120
        while len(read(story.cut_off_at)) < 10:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.2)
            story.cut_off_at = documents(folder)
    finally:
        kill_tree(process)
    story.marked_unfinished = (folder / "sample-unfinished").exists()


def start_and_stop(story: FirstStart, folder: Path) -> None:
    process = serve(story.environment)
    try:
        story.said = wait_for(process, "Press Ctrl-C to stop")
        story.loaded = documents(folder)
        story.unfinished_afterwards = (folder / "sample-unfinished").exists()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        story.status = process.returncode
    finally:
        kill_tree(process)


def kill_tree(process: "subprocess.Popen[str]") -> None:
    """Kill the command and all that it started, the loading of the sample and the servers too, as a power cut does."""
    if process.poll() is None:
        tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for each in tree:
            with suppress(psutil.NoSuchProcess):
                each.kill()
    process.communicate()


def documents(folder: Path) -> list[Row]:
    """The documents in the embedded database; none while it is not there yet or has no tables."""
    missing = suppress(psycopg.OperationalError, psycopg.errors.UndefinedTable)
    with missing, psycopg.connect(postgres_url(folder), connect_timeout=5) as connection:
        return connection.execute(DOCUMENTS).fetchall()
    return []


def read(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[2] is not None]


def test_a_first_start_killed_while_it_loads_the_sample_goes_on_where_it_was(first: FirstStart):
    files = [path for path in (SAMPLE / "documents").rglob("*") if path.is_file()]
    assert first.marked_unfinished
    assert 10 <= len(read(first.cut_off_at)) < len(files)
    assert len(first.loaded) == len(files)
    assert len({row[:2] for row in first.loaded}) == len(files)
    assert {row[3] for row in first.loaded} == {1}
    assert len({row[2] for row in read(first.loaded)}) == len(files)
    assert set(read(first.cut_off_at)) <= set(first.loaded)
    assert not first.unfinished_afterwards
    assert first.status == 0


def test_every_sample_sign_in_is_printed(first: FirstStart):
    company = tomllib.loads((SAMPLE / "company.toml").read_text())
    after = first.said.partition("Attest is ready")[2]
    for account in company["account"]:
        line = next(line for line in after.splitlines() if account["email"] in line)
        assert company["accounts"]["password"] in line
        assert account["description"] in line


@pytest.mark.timed
def test_a_later_start_is_ready_soon_and_loads_nothing_again(first: FirstStart):
    folder = Path(first.environment["ATTEST_DATA_DIR"])
    before = slowness()
    process = serve(first.environment)
    try:
        seconds = seconds_until_ready(process)
        assert documents(folder) == first.loaded
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        assert "can be searched" not in rest
        assert process.returncode == 0
    finally:
        kill_tree(process)
    slow = max(before, slowness())
    assert seconds <= STARTED_AGAIN_SECONDS * slow, f"{slow:.1f} times as slow as where 15 seconds are promised"


def test_named_services_are_used_and_no_embedded_ones_started():
    with (
        tempfile.TemporaryDirectory(prefix="attest-named-") as services,
        tempfile.TemporaryDirectory(prefix="attest-own-") as own,
        start_postgres(Path(services), durable=False) as postgres,
        start_valkey(Path(services), durable=False) as valkey,
    ):
        named = {"DATABASE_URL": postgres.url, "VALKEY_URL": valkey.url}
        process = serve(environment_of(own, "false") | named)
        try:
            wait_for(process, "Attest is ready")
            assert not (Path(own) / "postgres").exists()
            assert not (Path(own) / "valkey").exists()
            assert documents(Path(own)) == []
            with psycopg.connect(postgres.url) as connection:
                assert connection.execute("SELECT count(*) FROM corpus_document").fetchone() == (0,)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            assert process.returncode == 0
            assert postgres.pid
            assert valkey.pid
        finally:
            kill_tree(process)
