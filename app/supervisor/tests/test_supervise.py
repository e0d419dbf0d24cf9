"""Children are restarted, given up on, stopped with their descendants, and never outlive the supervisor."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app.supervisor import supervise
from app.supervisor.child import Child, Program
from app.supervisor.console import Console
from app.supervisor.supervise import Supervisor

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = (
    "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (15, 3)]; print('up', flush=True); time.sleep(60)"
)
PARENT = "import subprocess, sys, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"


@pytest.fixture(autouse=True)
def keep_signal_handlers():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def interrupt_when(condition: Callable[[], bool]) -> threading.Thread:
    def wait() -> None:
        eventually(condition)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_lines_of_children_carry_their_name():
    stream = io.StringIO()
    child = Child(Program("web", (sys.executable, "-c", "print('hello')")), Console(stream))
    assert eventually(child.ended)
    assert eventually(lambda: stream.getvalue() == "web    | hello\n")


def test_a_console_that_is_gone_stops_nobody():
    stream = io.StringIO()
    console = Console(stream)
    stream.close()
    console.line("web", "hello")


def test_an_interrupt_stops_the_children():
    stream = io.StringIO()
    supervisor = Supervisor([Program("web", SLEEP), Program("beat", SLEEP)], Console(stream))
    thread = interrupt_when(lambda: all(post.child for post in supervisor._posts))
    assert supervisor.run() is True
    thread.join()
    assert all(post.child and gone(post.child.pid) for post in supervisor._posts)


def test_a_child_that_dies_is_started_again():
    stream = io.StringIO()
    supervisor = Supervisor([Program("worker", SLEEP)], Console(stream))
    seen: list[int] = []

    def killed_and_back() -> bool:
        child = supervisor._posts[0].child
        if child and child.pid not in seen:
            seen.append(child.pid)
            if len(seen) == 1:
                os.kill(child.pid, signal.SIGKILL)
        return len(seen) == 2

    thread = interrupt_when(killed_and_back)
    assert supervisor.run() is True
    thread.join()
    assert "The worker process was killed by SIGKILL; starting it again." in stream.getvalue()


def test_a_child_that_keeps_dying_is_given_up_on_and_the_others_stopped(monkeypatch):
    monkeypatch.setattr(supervise, "LONGEST_PAUSE_SECONDS", 0.01)
    stream = io.StringIO()
    supervisor = Supervisor(
        [Program("web", SLEEP), Program("worker", (sys.executable, "-c", "raise SystemExit(3)"))],
        Console(stream),
    )
    assert supervisor.run() is False
    assert "The worker process ended with status 3, 5 times soon after its start." in stream.getvalue()
    web = supervisor._posts[0].child
    assert web is not None
    assert gone(web.pid)


def test_a_child_that_ignores_requests_is_killed(monkeypatch):
    monkeypatch.setattr(supervise, "GRACE_SECONDS", ((signal.SIGTERM, 0.2), (signal.SIGQUIT, 0.2)))
    stream = io.StringIO()
    supervisor = Supervisor([Program("web", (sys.executable, "-c", STUBBORN))], Console(stream))
    thread = interrupt_when(lambda: "up" in stream.getvalue())
    assert supervisor.run() is True
    thread.join()
    child = supervisor._posts[0].child
    assert child is not None
    assert gone(child.pid)


def test_what_a_dead_child_left_behind_is_killed_too():
    stream = io.StringIO()
    child = Child(Program("worker", (sys.executable, "-c", PARENT)), Console(stream))
    assert eventually(lambda: "\n" in stream.getvalue())
    grandchild = int(stream.getvalue().split("|")[1])
    os.kill(child.pid, signal.SIGKILL)
    assert eventually(child.ended)
    assert eventually(lambda: gone(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to its parent")
def test_children_end_when_the_supervisor_is_killed(tmp_path: Path):
    script = (
        "import sys\n"
        "from app.supervisor.child import Program\n"
        "from app.supervisor.console import Console\n"
        "from app.supervisor.supervise import Supervisor\n"
        "sleep = (sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True); time.sleep(60)')\n"
        "Supervisor([Program('web', sleep)], Console()).run()\n"
    )
    root = Path(supervise.__file__).parent.parent.parent
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=root)
    assert process.stdout is not None
    child = int(process.stdout.readline().split("|")[1])
    process.kill()
    process.wait()
    process.stdout.close()
    assert eventually(lambda: gone(child))
