"""A hundred answers streamed at once by a running web server: errors, and what it adds before the first token."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import quantiles
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db import connection

from app.accounts.keys import create_key
from app.accounts.models import User
from app.embedded import postgres_url
from evals.bench.first_token import free_port, mock_model, wait_for

FIRST_TOKEN_MS = 500
# Two quoted sentences of generated text, some 180 tokens, take about ten seconds: with ten questions a second a hundred
# answers are under way.
MODEL = f"mock-ttft{FIRST_TOKEN_MS}-itl50-cite"
QUESTIONS_PER_S = 10
TIMEOUT_S = 120


@dataclass(slots=True)
class Streams:
    """`added_ms`: time to the first token less the model's own; `most_at_once`: streams open at the same time."""

    asked: int = 0
    errors: list[str] = field(default_factory=list)
    without_tokens: int = 0
    added_ms: list[float] = field(default_factory=list)
    most_at_once: int = 0
    open_now: int = 0

    def added(self, percent: int) -> float:
        return round(quantiles(self.added_ms, n=100, method="inclusive")[percent - 1], 1)


def measure(questions: list[str], per_s: float = QUESTIONS_PER_S) -> Streams:
    """Ask every question of the corpus at hand, `per_s` a second; at ten some hundred answers are under way at once."""
    _, key = create_key(User.objects.create_user("streams@localhost"), "bench")
    with mock_model() as model, web_server(model) as address:
        return asyncio.run(_ask_all(address, key, questions, per_s))


async def _ask_all(address: str, key: str, questions: list[str], per_s: float) -> Streams:
    seen = Streams()
    headers = {"Authorization": f"Bearer {key}"}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=TIMEOUT_S, limits=limits) as client:
        await _ask(client, questions[0], Streams())
        async with asyncio.TaskGroup() as group:
            for question in questions:
                group.create_task(_ask(client, question, seen))
                await asyncio.sleep(1 / per_s)
    return seen


async def _ask(client: httpx.AsyncClient, question: str, seen: Streams) -> None:
    seen.asked += 1
    seen.open_now += 1
    seen.most_at_once = max(seen.most_at_once, seen.open_now)
    try:
        await _listen(client, question, seen)
    except httpx.HTTPError as error:
        seen.errors.append(f"{type(error).__name__}: {error}")
    finally:
        seen.open_now -= 1


async def _listen(client: httpx.AsyncClient, question: str, seen: Streams) -> None:
    began, first, last = time.perf_counter(), None, ""
    async with client.stream("POST", "/api/v1/answers", json={"question": question, "stream": True}) as reply:
        if reply.status_code != httpx.codes.OK:
            seen.errors.append(f"status {reply.status_code}")
            return
        async for line in reply.aiter_lines():
            if line.startswith("event: "):
                last = line.removeprefix("event: ")
                if last == "token" and first is None:
                    first = (time.perf_counter() - began) * 1000
    if last != "answer":
        seen.errors.append(f"ended with {last or 'nothing'}")
    elif first is None:
        seen.without_tokens += 1
    else:
        seen.added_ms.append(first - FIRST_TOKEN_MS)


@contextmanager
def web_server(model_url: str) -> Iterator[str]:
    """The product's web server on the database at hand, with that model; yields its address."""
    port = free_port()
    environ = os.environ | {
        "DATABASE_URL": database_url(), "ATTEST_PORT": str(port), "ATTEST_HOST": "127.0.0.1",
        "LLM_BASE_URL": model_url, "LLM_MODEL": MODEL, "ATTEST_LIMITS": "off", "ATTEST_REUSE": "off",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "app.supervisor.web"], env=environ, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def database_url() -> str:
    """The configured server, with the database that this process uses at the moment."""
    url = urlsplit(settings.DATABASE_URL or postgres_url(settings.ATTEST_DATA_DIR))
    return url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
