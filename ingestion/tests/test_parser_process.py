"""The worker outlives whatever a file does to the parser: hang, crash, eat memory, print."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion import parser_process
from ingestion.errors import FailureReason, IngestionError
from ingestion.parser_process import ParserProcess
from ingestion.steps.parse import parse
from ingestion.tests import office_files

# A parser whose files are commands; it stands where the real one would be imported from.
_MISBEHAVING = """
import os, signal, sys, time
from ingestion.documents import Block, BlockKind, ParsedDocument

def parse(data, name, recogniser=None):
    command = data.decode()
    if command == "hang":
        time.sleep(60)
    elif command == "spin":
        while True: pass
    elif command == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif command == "eat":
        held = bytearray(4 << 30)
    elif command == "call":
        import subprocess
        child = subprocess.Popen(["sleep", "60"])
        with open(os.environ["TMPDIR"] + "/called", "w") as note:
            note.write(str(child.pid))
        time.sleep(60)
    elif command == "print":
        print("advertisement" * 1000, flush=True); os.write(1, b"more")
    elif command == "env":
        heavy = [name for name in ("django", "torch") if sys.modules.get(name)]
        command = ",".join(os.environ) + " " + ",".join(heavy)
    return ParsedDocument("t", (Block(BlockKind.PARAGRAPH, command),), "text/plain", None, (), None)
"""


_STAND_IN = "import sys, fake_parse\nsys.modules['ingestion.steps.parse'] = fake_parse\n"


@pytest.fixture
def parser() -> Iterator[ParserProcess]:
    with ParserProcess() as process:
        yield process


@pytest.fixture
def misbehaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ParserProcess]:
    steps = tmp_path / "ingestion_steps_fake"
    steps.mkdir()
    (steps / "fake_parse.py").write_text(_MISBEHAVING)
    (steps / "sitecustomize.py").write_text(
        "import sys, fake_parse\nsys.modules['ingestion.steps.parse'] = fake_parse\n"
    )
    root = Path(parser_process.__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", f"{steps}{os.pathsep}{root}")
    with ParserProcess() as process:
        yield process


def failure(process: ParserProcess, command: str, timeout_s: float = 10, memory_mb: int = 1024) -> IngestionError:
    with pytest.raises(IngestionError) as caught:
        process.parse(command.encode(), "a.txt", timeout_s=timeout_s, memory_mb=memory_mb)
    return caught.value


def text_of(process: ParserProcess, command: str) -> str:
    return process.parse(command.encode(), "a.txt").blocks[0].text


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (office_files.word_file(), "a.docx"),
        (office_files.pdf_file(), "a.pdf"),
        (office_files.mail_file(("p.csv", b"a,b\n1,2")), "a.eml"),
    ],
)
def test_gives_what_parsing_in_this_process_gives(parser: ParserProcess, data: bytes, name: str) -> None:
    assert parser.parse(data, name) == parse(data, name)


def test_hands_refusals_on(parser: ParserProcess) -> None:
    with pytest.raises(IngestionError) as caught:
        parser.parse(office_files.scanned_pdf(), "a.pdf")
    assert (caught.value.reason, caught.value.permanent) == (FailureReason.SCANNED, True)


@pytest.mark.timed
def test_a_hanging_file_is_given_up_in_time(misbehaving: ParserProcess) -> None:
    assert text_of(misbehaving, "warm") == "warm"
    started = time.monotonic()
    error = failure(misbehaving, "hang", timeout_s=0.5)
    assert time.monotonic() - started < 3
    assert (error.reason, error.permanent) == (FailureReason.TIMEOUT, False)
    assert text_of(misbehaving, "next") == "next"


def test_a_program_that_the_parser_called_goes_with_it(
    misbehaving: ParserProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert failure(misbehaving, "call", timeout_s=3).reason is FailureReason.TIMEOUT
    called = int((tmp_path / "called").read_text())
    deadline = time.monotonic() + 5
    while Path(f"/proc/{called}").exists() and "Z" not in Path(f"/proc/{called}/stat").read_text().split(")")[1]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_crash_costs_one_document(misbehaving: ParserProcess) -> None:
    error = failure(misbehaving, "die")
    assert (error.reason, error.permanent) == (FailureReason.CRASHED, False)
    assert text_of(misbehaving, "next") == "next"


def test_memory_is_bounded(misbehaving: ParserProcess) -> None:
    error = failure(misbehaving, "eat", memory_mb=512)
    assert (error.reason, error.permanent) == (FailureReason.OUT_OF_MEMORY, False)
    assert text_of(misbehaving, "next") == "next"


def test_processor_time_is_bounded_even_without_a_worker_watching(misbehaving: ParserProcess) -> None:
    text_of(misbehaving, "warm")
    child = misbehaving.pid
    thread = threading.Thread(target=failure, args=(misbehaving, "spin", 1), daemon=True)
    thread.start()
    thread.join(10)
    assert misbehaving.pid != child


def test_what_libraries_print_does_not_disturb(misbehaving: ParserProcess) -> None:
    assert text_of(misbehaving, "print") == "print"
    assert text_of(misbehaving, "next") == "next"


def test_the_child_knows_no_secret_and_no_heavy_library(
    misbehaving: ParserProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "x")
    variables, _, modules = text_of(misbehaving, "env").partition(" ")
    assert "SECRET_KEY" not in variables
    assert modules == ""


def test_a_killed_child_is_replaced(parser: ParserProcess) -> None:
    parser.parse(b"one", "a.txt")
    first = parser.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    time.sleep(0.3)
    assert parser.parse(b"two", "a.txt").blocks[0].text == "two"
    assert parser.pid != first


def test_the_child_is_renewed_after_some_documents() -> None:
    with ParserProcess(documents_per_process=2) as parser:
        pids = []
        for _ in range(4):
            parser.parse(b"text", "a.txt")
            pids.append(parser.pid)
        assert [pid is None for pid in pids] == [False, True, False, True]
        assert pids[0] != pids[2]


def test_a_forked_worker_gets_a_child_of_its_own(parser: ParserProcess) -> None:
    parser.parse(b"one", "a.txt")
    before = parser.pid
    forked = os.fork()
    if forked == 0:
        ok = parser.parse(b"two", "a.txt").blocks[0].text == "two" and parser.pid != before
        parser.close()
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0
    assert parser.parse(b"three", "a.txt").blocks[0].text == "three"
    assert parser.pid == before


def test_threads_take_turns(parser: ParserProcess) -> None:
    seen: list[str] = []

    def work(number: int) -> None:
        seen.append(parser.parse(f"text {number}".encode(), "a.txt").blocks[0].text)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [f"text {number}" for number in range(6)]
