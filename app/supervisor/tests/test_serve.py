"""`manage.py serve` as a whole, on embedded services of its own: ready, alone, and gone without a trace."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from django.conf import settings

from app.embedded import stop_unused
from app.supervisor.tests.serving import serve, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timed, pytest.mark.timeout(240)]


@pytest.fixture
def environment(free_port: int) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="attest-serve-") as folder:
        inherited = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        yield inherited | {
            "ATTEST_DATA_DIR": folder,
            "ATTEST_PORT": str(free_port),
            "DEBUG": "false",
            "SECRET_KEY": "x" * 60,
        }
        stop_unused(Path(folder))


def test_it_comes_up_alone_and_stops_everything_it_started(environment: dict[str, str]):
    process = serve(environment)
    try:
        wait_for(process, rf"Attest is ready: http://127\.0\.0\.1:{environment['ATTEST_PORT']}/")
        started = psutil.Process(process.pid).children(recursive=True)

        second = serve(environment)
        sentence, _ = second.communicate(timeout=60)
        assert second.returncode == 2
        assert f"already runs on {environment['ATTEST_DATA_DIR']} as process {process.pid}" in sentence

        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert rest.rstrip().endswith("Stopped.")
        assert [child for child in started if child.is_running()] == []
    finally:
        process.kill()
        process.wait()


def test_after_the_supervisor_was_killed_the_next_start_is_clean(environment: dict[str, str]):
    first = serve(environment)
    wait_for(first, "Attest is ready")
    first.kill()
    first.communicate()
    second = serve(environment)
    try:
        wait_for(second, "Attest is ready")
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=60)
        assert second.returncode == 0
        assert stop_unused(Path(environment["ATTEST_DATA_DIR"]))
    finally:
        second.kill()
        second.wait()


def test_web_processes_count_together_and_one_that_dies_is_replaced(environment: dict[str, str]):
    process = serve(environment | {"ATTEST_WEB_PROCESSES": "2"})
    try:
        wait_for(process, "Attest is ready")
        address = f"http://127.0.0.1:{environment['ATTEST_PORT']}"
        before = requests_counted(address)
        # Each on a connection of its own, which either process may take.
        for _ in range(20):
            assert httpx.get(f"{address}/healthz", headers={"Connection": "close"}).status_code == 200
        assert {requests_counted(address) - before for _ in range(6)} == {20.0}

        web = children_named(process, "app.supervisor.web")[0]
        assert len(serving(web)) == 2
        dying = serving(web)[0]
        dying.kill()
        wait_until(lambda: dying not in serving(web) and len(serving(web)) == 2)
        assert requests_counted(address) - before == 20.0
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def test_web_processes_that_are_still_starting_stop_at_once(environment: dict[str, str]):
    web = serve_web(environment)
    try:
        wait_until(lambda: len(serving(psutil.Process(web.pid))) == 2)
        started = serving(psutil.Process(web.pid))
        web.send_signal(signal.SIGTERM)
        web.wait(timeout=15)
        assert not [child for child in started if child.is_running()]
    finally:
        web.kill()
        web.wait()


def test_web_processes_do_not_outlive_their_supervisor(environment: dict[str, str]):
    web = serve_web(environment)
    wait_until(lambda: len(serving(psutil.Process(web.pid))) == 2)
    started = serving(psutil.Process(web.pid))
    web.kill()
    web.wait()
    wait_until(lambda: not [child for child in started if child.is_running()], seconds=5)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", int(environment["ATTEST_PORT"])))


def serve_web(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "app.supervisor.web"]
    return subprocess.Popen(command, env=environment | {"ATTEST_WEB_PROCESSES": "2"}, cwd=settings.BASE_DIR)


def children_named(process: "subprocess.Popen[str]", module: str) -> list[psutil.Process]:
    return [child for child in psutil.Process(process.pid).children() if module in child.cmdline()]


def serving(web: psutil.Process) -> list[psutil.Process]:
    alive = [child for child in web.children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "--socket" in child.cmdline()]


def requests_counted(address: str) -> float:
    """How many requests for /healthz the process that happens to answer knows of."""
    said = httpx.get(f"{address}/metrics").text
    pattern = r'attest_request_seconds_count\{method="GET",route="[^"]*healthz[^"]*",status="200"\} (\S+)'
    return sum(float(count) for count in re.findall(pattern, said))


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_wrong_setting_is_one_sentence(environment: dict[str, str]):
    process = serve(environment | {"ATTEST_PORT": "many"})
    said, _ = process.communicate(timeout=60)
    assert said == 'ATTEST_PORT is "many", but it must be a whole number.\n'
    assert process.returncode == 2
