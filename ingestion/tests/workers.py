"""Real Celery workers on the tests' own database and Valkey, ended by process id alone."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
WORKER = ("-m", "celery", "--quiet", "-A", "app.celery", "worker", "--concurrency", "1", "--loglevel", "INFO")
PATIENCE_S = 90


class Worker:
    """One worker in a process group of its own. Its log lines go to a file."""

    def __init__(self, log: Path) -> None:
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, *WORKER, "--without-gossip", "--without-mingle"],
                env=environment(), cwd=ROOT, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill -9 of the worker and of every process it started; the leader's id is its group's too."""
        if self.is_running():
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def lines(self, event: str) -> list[dict[str, Any]]:
        found = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in found if line.get("event") == event]


def environment(**others: str) -> dict[str, str]:
    """What a process needs to work on the test database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return os.environ | {"DATABASE_URL": url.geturl(), "OMP_NUM_THREADS": "1"} | others


def flush_valkey() -> None:
    """Lose every message there is."""
    with redis.Redis.from_url(str(settings.CACHES["default"]["LOCATION"])) as valkey:
        valkey.flushdb()


def wait_until(is_so: Callable[[], bool], *, pause_s: float = 0.1) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(pause_s)
