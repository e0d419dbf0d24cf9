"""Parses files in a child process that is bounded in time and memory and may die without taking the worker
with it.

The child (`parser_child.py`) serves one document after the other, and is replaced after a timeout, a crash,
a number of documents, or when it has grown. It knows neither Django nor any model nor any secret.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from ingestion.documents import ParsedDocument
from ingestion.errors import FailureReason, IngestionError
from ingestion.parser_wire import FRAME, OUT_OF_MEMORY_EXIT, frame, result

DEFAULT_TIMEOUT_S = 30.0
DEFAULT_MEMORY_MB = 1024
DOCUMENTS_PER_PROCESS = 500
RECYCLE_ABOVE_MB = 700
START_TIMEOUT_S = 60.0

_ROOT = Path(__file__).resolve().parents[1]
_KEPT_VARIABLES = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "VIRTUAL_ENV",
    "SYSTEMROOT",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
)
_OWN_VARIABLES = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "PYTHONUNBUFFERED": "1",
    "HF_HUB_OFFLINE": "1",
}


class ParserProcess:
    """One child process; several threads may share it and take turns. Starts on first use."""

    def __init__(
        self, *, documents_per_process: int = DOCUMENTS_PER_PROCESS, recycle_above_mb: int = RECYCLE_ABOVE_MB
    ) -> None:
        self._documents_per_process = documents_per_process
        self._recycle_above_mb = recycle_above_mb
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._served = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id, or None while there is none."""
        return self._child.pid if self._child is not None else None

    def parse(
        self,
        data: bytes,
        name: str,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        memory_mb: int = DEFAULT_MEMORY_MB,
        recognise: str = "",
    ) -> ParsedDocument:
        """Return what the file says, or raise `IngestionError`; never takes much longer than `timeout_s`
        seconds. Pictures of pages are read in the languages `recognise`, such as `eng+deu`.
        """
        with self._lock:
            child = self._running_child()
            request = {"name": name, "timeout_s": timeout_s, "memory_mb": memory_mb, "recognise": recognise}
            try:
                reply = self._exchange(child, request, data, time.monotonic() + timeout_s)
            except TimeoutError:
                self._kill()
                raise _timeout(timeout_s) from None
            except (BrokenPipeError, EOFError, ConnectionError):
                raise self._died(memory_mb, timeout_s) from None
            except BaseException:
                # An interrupted exchange would leave half a message behind for the next document.
                self._kill()
                raise
            self._recycle_if_grown(reply)
        return result(reply)

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            self._kill()

    def _running_child(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            # After a fork the child belongs to the process that started it; this one gets its own, and lets
            # go of the
            # pipes, because the child ends when the last holder of its input is gone.
            _close_pipes(self._child)
            self._child, self._owner = None, os.getpid()
        if self._child is not None and self._child.poll() is not None:
            self._kill()
        if self._child is None:
            self._child = _start()
            self._served = 0
            try:
                _receive(self._child, time.monotonic() + START_TIMEOUT_S)
            except (TimeoutError, EOFError) as error:
                self._kill()
                raise IngestionError(
                    FailureReason.INTERNAL,
                    "The parser could not be started. Check the installation and the free memory.",
                ) from error
        return self._child

    def _exchange(
        self, child: subprocess.Popen[bytes], request: dict[str, Any], data: bytes, deadline: float
    ) -> dict[str, Any]:
        _send(child, frame(request, data), deadline)
        return _receive(child, deadline)

    def _recycle_if_grown(self, reply: dict[str, Any]) -> None:
        self._served += 1
        out_of_memory = reply.get("error", {}).get("reason") == FailureReason.OUT_OF_MEMORY
        grown = reply.get("memory_mb", 0) > self._recycle_above_mb
        if out_of_memory or grown or self._served >= self._documents_per_process:
            self._kill()

    def _died(self, memory_mb: int, timeout_s: float) -> IngestionError:
        child = self._child
        code = child.wait(timeout=5) if child is not None else 0
        self._kill()
        if code == -signal.SIGXCPU:
            return _timeout(timeout_s)
        if code in (-signal.SIGKILL, OUT_OF_MEMORY_EXIT):
            return _out_of_memory(memory_mb)
        return IngestionError(
            FailureReason.CRASHED,
            "Reading this file made the parser crash. It is tried again; if it keeps failing, save it as "
            "PDF and upload that.",
        )

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        # The child leads a group of its own: a program that it called goes with it.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        _close_pipes(child)
        child.wait()


def _close_pipes(child: subprocess.Popen[bytes] | None) -> None:
    """Nothing is buffered on this side, so closing never writes."""
    for stream in (child.stdin, child.stdout) if child is not None else ():
        if stream is not None:
            stream.close()


def _timeout(timeout_s: float) -> IngestionError:
    return IngestionError(
        FailureReason.TIMEOUT,
        f"Reading this file took longer than {timeout_s:g} seconds. Split it and upload the parts.",
    )


def _out_of_memory(memory_mb: int) -> IngestionError:
    return IngestionError(
        FailureReason.OUT_OF_MEMORY,
        f"Reading this file took more than {memory_mb} MB of memory. Split it and upload the parts.",
    )


def _start() -> subprocess.Popen[bytes]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "ingestion.parser_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={**kept, **_OWN_VARIABLES},
        start_new_session=True,
        bufsize=0,
    )


def _send(child: subprocess.Popen[bytes], message: bytes, deadline: float) -> None:
    assert child.stdin is not None
    descriptor = child.stdin.fileno()
    os.set_blocking(descriptor, False)
    left = memoryview(message)
    while left:
        _wait([], [descriptor], deadline)
        left = left[os.write(descriptor, left[: 1 << 20]) :]


def _receive(child: subprocess.Popen[bytes], deadline: float) -> dict[str, Any]:
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    head_length, _ = FRAME.unpack(_take(descriptor, FRAME.size, deadline))
    reply: dict[str, Any] = json.loads(_take(descriptor, head_length, deadline))
    return reply


def _take(descriptor: int, size: int, deadline: float) -> bytes:
    taken = bytearray()
    while len(taken) < size:
        _wait([descriptor], [], deadline)
        part = os.read(descriptor, min(size - len(taken), 1 << 20))
        if not part:
            raise EOFError
        taken += part
    return bytes(taken)


def _wait(readable: list[int], writable: list[int], deadline: float) -> None:
    left = deadline - time.monotonic()
    poller = select.poll()
    for descriptor in readable:
        poller.register(descriptor, select.POLLIN)
    for descriptor in writable:
        poller.register(descriptor, select.POLLOUT)
    if left <= 0 or not poller.poll(left * 1000):
        raise TimeoutError
