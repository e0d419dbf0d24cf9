"""How an embedded server is joined, started and stopped; the same story for PostgreSQL and Valkey.

Whoever uses a server holds a shared lock beside its folder. The last to let go stops the server. A user
killed without warning drops its lock with it, and the next start joins the server that was left running.
"""

import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

import psutil

from app.embedded.errors import EmbeddedServiceError, explain
from app.embedded.folder import prepare_folder
from app.embedded.locks import FileLock

START_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.05


class Server(Protocol):
    """What the lifecycle must know about one kind of server."""

    name: str
    folder: Path
    log: Path
    stop_signal: signal.Signals

    @property
    def url(self) -> str:
        """Where clients find it."""

    def check(self) -> None:
        """Raise EmbeddedServiceError for what can be known to fail before anything is touched."""

    def answers(self) -> bool:
        """Say whether a client would be served now."""

    def process(self) -> psutil.Process | None:
        """Return the live server process of this very folder, never a stranger with a reused process id."""

    def clear_leftovers(self) -> None:
        """Remove what a killed server left behind and a new one would stumble over."""

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start the server in a session of its own, so that a Ctrl-C meant for us does not reach it."""

    def settle(self) -> None:
        """Do what a serving server still needs before its users arrive."""


class Handle:
    """One process's use of a running server."""

    def __init__(self, server: Server, users: FileLock, child: "subprocess.Popen[bytes] | None") -> None:
        self._server = server
        self._users = users
        self._child = child
        self.url = server.url

    @property
    def pid(self) -> int | None:
        """The server's process id, or None if it has died."""
        process = self._server.process()
        return process.pid if process else None

    def stop(self) -> None:
        """Let go of the server, and stop it if nobody else uses it. Safe to call twice."""
        with _starting(self._server) as lock:
            lock.wait_alone(START_SECONDS + STOP_SECONDS)
            try:
                if self._users.open and self._users.try_alone():
                    stop_process(self._server)
                    if self._child:
                        self._child.wait()
            finally:
                self._users.release()

    def __enter__(self) -> "Handle":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def join_or_start(server: Server) -> Handle:
    """Return a handle on the server, started if need be; raises EmbeddedServiceError with what to do."""
    server.check()
    prepare_folder(server.folder.parent)
    with _starting(server) as lock:
        lock.wait_alone(START_SECONDS + STOP_SECONDS)
        users = FileLock(_beside(server, "users"))
        users.share()
        try:
            child = None if server.answers() else _start(server)
            server.settle()
        except BaseException:
            users.release()
            raise
        return Handle(server, users, child)


def stop_if_unused(server: Server) -> bool:
    """Stop the server unless a live process uses it; say whether it is stopped now."""
    if not server.folder.parent.is_dir():
        return True
    with _starting(server) as lock, FileLock(_beside(server, "users")) as users:
        lock.wait_alone(START_SECONDS + STOP_SECONDS)
        unused = users.try_alone()
        if unused:
            stop_process(server)
        return unused


def stop_process(server: Server) -> None:
    """Stop the server politely, and by force if it does not listen."""
    process = server.process()
    if process is None:
        return
    for sign in (server.stop_signal, signal.SIGQUIT, signal.SIGKILL):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(sign)
        if _ends(process, STOP_SECONDS):
            return


def _ends(process: psutil.Process, seconds: float) -> bool:
    """Wait for the end; a zombie has ended, even if its parent never reaps it, as psutil would wait for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(POLL_SECONDS)
                continue
        return True
    return False


def _start(server: Server) -> "subprocess.Popen[bytes] | None":
    """Return the started process, or None if one that was still starting or recovering came to answer."""
    deadline = time.monotonic() + START_SECONDS
    while server.process() is not None:
        if server.answers():
            return None
        _pause(server, deadline)
    child = _spawn(server)
    while not server.answers():
        if child.poll() is not None:
            raise explain(server.name, _tail(server.log), server.folder, server.log)
        _pause(server, deadline)
    return child


def _spawn(server: Server) -> "subprocess.Popen[bytes]":
    try:
        server.clear_leftovers()
        return server.spawn()
    except OSError as error:
        raise explain(server.name, str(error), server.folder, server.log) from error


def _pause(server: Server, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise _silent(server)
    time.sleep(POLL_SECONDS)


def open_log(log: Path) -> BinaryIO:
    """Open a fresh log for a server; the one before is kept as `.old`, for the story of a crash."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".old"))
    return log.open("wb")


def _silent(server: Server) -> EmbeddedServiceError:
    process = server.process()
    running = f"runs as process {process.pid} but" if process else "was started but"
    remedy = f"stop it with `kill {process.pid}`" if process else "look there"
    return EmbeddedServiceError(
        f"{server.name} on {server.folder} {running} has not answered for {START_SECONDS:.0f} seconds; "
        f"its log is {server.log}; {remedy}, then start again."
    )


def _starting(server: Server) -> FileLock:
    return FileLock(_beside(server, "starting"))


def _beside(server: Server, purpose: str) -> Path:
    return server.folder.with_name(f"{server.folder.name}.{purpose}.lock")


def _tail(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-4000:]
    except OSError:
        return ""
