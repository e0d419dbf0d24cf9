"""One supervised process, in a process group of its own and tied to the life of the supervisor."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from app.supervisor.console import Console

TETHER = Path(__file__).with_name("tether.py")


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. `orphan_signal` is what it gets when the supervisor dies without a word."""

    name: str
    command: Sequence[str]
    orphan_signal: signal.Signals = signal.SIGTERM
    environment: Mapping[str, str] = field(default_factory=dict)
    # Files (by number) that it shares with the supervisor, as a socket to listen on.
    shared_files: Sequence[int] = ()


class Child:
    """A program while it runs. Its output goes to the console line by line."""

    def __init__(self, program: Program, console: Console) -> None:
        self.program = program
        self.started_at = time.monotonic()
        # -S -E -s: the tether needs nothing but the standard library, and every start waits for it.
        tied = [
            sys.executable,
            "-S",
            "-E",
            "-s",
            str(TETHER),
            str(os.getpid()),
            str(int(program.orphan_signal)),
        ]
        self._process = subprocess.Popen(
            [*tied, *program.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(program.shared_files),
            env={**os.environ, **program.environment, "PYTHONUNBUFFERED": "1"},
        )
        assert self._process.stdout is not None
        reader = threading.Thread(target=_relay, args=(program.name, self._process.stdout, console), daemon=True)
        reader.start()

    @property
    def pid(self) -> int:
        """The process id, which is the id of its group too."""
        return self._process.pid

    @property
    def uptime(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started_at

    def ended(self) -> bool:
        """Say whether the process has ended; what it left in its group is then killed."""
        if self._process.poll() is None:
            return False
        self._signal_group(signal.SIGKILL)
        return True

    def how_it_ended(self) -> str:
        """Return the exit status in words."""
        code = self._process.returncode
        if code is not None and code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with status {code}"

    def send(self, number: signal.Signals) -> None:
        """Signal the process alone: it knows best how to end its own children."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill the process and everything in its group, then collect it."""
        self._signal_group(signal.SIGKILL)
        self._process.wait()

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def _relay(name: str, output: IO[bytes], console: Console) -> None:
    with output:
        for line in output:
            console.line(name, line.decode(errors="replace").rstrip())
