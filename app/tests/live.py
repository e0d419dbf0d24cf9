"""The whole product on this test's database: a real web server and a real worker, each a process of its own."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

START_S = 90
STOP_S = 15
WEB = ("app.supervisor.web",)
WORKER = ("celery", "--quiet", "-A", "app.celery", "worker", "--pool", "solo", "--loglevel", "WARNING",
          "--without-gossip", "--without-mingle")  # fmt: skip


@contextmanager
def live_app(port: int) -> Iterator[str]:
    """Yields the address of the running product."""
    address = f"http://127.0.0.1:{port}"
    with process(WEB, port), process(WORKER, port):
        wait_for(f"{address}/healthz")
        yield address


@contextmanager
def process(module: tuple[str, ...], port: int) -> Iterator[None]:
    environ = {
        **os.environ, "DATABASE_URL": database_url(), "ATTEST_PORT": str(port), "ATTEST_TORCH_THREADS": "1",
        "OMP_NUM_THREADS": "1", "ATTEST_WEB_PROCESSES": "1",
    }  # fmt: skip
    running = subprocess.Popen((sys.executable, "-m", *module), env=environ, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            running.wait(STOP_S)
        running.kill()
        running.wait()


def database_url() -> str:
    """This run's server, with the database that the test uses."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def wait_for(address: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
