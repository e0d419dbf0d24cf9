"""The fault drill, short: everything is killed while documents change, and the index equals the folders at the end."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from ingestion.tests.workers import ROOT


@pytest.fixture
def short_folder():
    """A folder whose name leaves room for the names of sockets, which pytest's own may not."""
    with tempfile.TemporaryDirectory(prefix="attest-d-") as folder:
        yield Path(folder)


def still_running(folder: Path) -> list[str]:
    commands = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    return [command for command in commands if str(folder) in command]


def one_line(output: str, begins: str) -> str:
    (line,) = (line for line in output.splitlines() if line.startswith(f"{begins} "))
    return line


@pytest.mark.slow
def test_nothing_is_lost_or_invented_while_everything_is_killed(short_folder):
    command = [sys.executable, "-m", "ingestion.drill", "--seconds", "25", "--seed", "4", "--pause", "3"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"TMPDIR": str(short_folder)}, capture_output=True, text=True, check=False,
        timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The index equals the folders." in done.stdout
    assert "moved 16 files, then killed " in done.stdout
    assert still_running(short_folder) == []
    killed = [int(count) for count in re.findall(r"(\d+) [a-z]", one_line(done.stdout, "kills"))]
    # As many as the lines on the way told of, and not one kind of process alone.
    assert sum(killed) == done.stdout.count(" killed ")
    assert sum(killed) >= 3
    assert sum(count > 0 for count in killed) >= 2
