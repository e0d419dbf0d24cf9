"""Starting `manage.py serve` as a person does, and reading what it says."""

import re
import subprocess
import sys
import time

import pytest
from django.conf import settings


def serve(environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=settings.BASE_DIR,
    )


def wait_for(process: "subprocess.Popen[str]", pattern: str) -> str:
    """Everything said up to the line that has the pattern."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if re.search(pattern, line):
            return said
    pytest.fail(f"ended before it said {pattern}:\n{said}")


def seconds_until_ready(process: "subprocess.Popen[str]") -> float:
    began = time.monotonic()
    wait_for(process, "Attest is ready")
    return time.monotonic() - began
