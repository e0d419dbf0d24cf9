"""Folders whose paths are short enough for a socket, which pytest's own can fail to be."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import stop_unused


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A data folder; whatever still runs on it is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="attest-e-") as folder:
        yield Path(folder)
        stop_unused(Path(folder))
