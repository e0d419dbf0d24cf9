"""The fault drill, short: everything is killed while documents change, and the index equals the folders at the end."""

import subprocess
import sys

import pytest

from ingestion.tests.workers import ROOT


@pytest.mark.slow
def test_nothing_is_lost_or_invented_while_everything_is_killed():
    command = [sys.executable, "-m", "ingestion.drill", "--seconds", "25", "--seed", "4", "--pause", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The index equals the folders." in done.stdout
