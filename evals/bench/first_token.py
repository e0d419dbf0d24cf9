"""What the product adds before the reader sees a word: first token of an answer less the model's own."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles
from typing import Any

import httpx
from django.test import override_settings

from app.accounts.models import User
from app.answers.asking import ask
from app.answers.events import Token
from app.answers.running import listen
from app.corpus.access import reader_for
from app.providers.registry import forget
from app.telemetry.threads import in_thread

MODEL_FIRST_TOKEN_MS = 50
MODEL = f"mock-ttft{MODEL_FIRST_TOKEN_MS}-itl1-len200-cite"
START_S = 60.0


def measure(questions: list[str]) -> dict[str, Any]:
    """Added milliseconds over `questions`, asked one after the other of the corpus at hand."""
    user = User.objects.create_user("bench@localhost")
    settings = {"LLM_MODEL": MODEL, "ATTEST_LIMITS": ["off"], "ATTEST_REUSE": "off"}
    with mock_model() as url, override_settings(LLM_BASE_URL=url, **settings):
        forget()
        added = asyncio.run(_ask_all(user, questions))
    forget()
    if not added:
        return {"questions": 0}
    cuts = quantiles(added, n=100, method="inclusive")
    return {"questions": len(added), "added_p50_ms": round(cuts[49], 1), "added_p95_ms": round(cuts[94], 1)}


async def _ask_all(user: User, questions: list[str]) -> list[float]:
    times = [await _first_token_ms(user, question) for question in questions]
    return [each - MODEL_FIRST_TOKEN_MS for each in times[1:] if each is not None]


async def _first_token_ms(user: User, text: str) -> float | None:
    """From the moment the question is put: its rows, its audit entry and the asker's rights are part of the way."""
    began, first = time.perf_counter(), None
    question = await in_thread(ask, user, text)
    async for event in listen(question.pk, await in_thread(reader_for, user)):
        if isinstance(event, Token) and first is None:
            first = (time.perf_counter() - began) * 1000
    return first


@contextmanager
def mock_model() -> Iterator[str]:
    """A model server on loopback whose first token takes a known time; yields its base URL."""
    port = free_port()
    command = [sys.executable, "-m", "app.providers.tests.misbehaving_server", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ.copy(), stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/v1/models")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    """Until something answers there; raises TimeoutError."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            httpx.get(url, timeout=1)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"Nothing answers at {url} within {START_S:.0f} s.")
