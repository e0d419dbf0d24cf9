"""The embedded services that a command needs: up before it runs, down when their last user ends."""

import atexit
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from app.embedded.lifecycle import Handle, stop_if_unused
from app.embedded.postgres import PostgresServer, start_postgres
from app.embedded.valkey import ValkeyServer, start_valkey


def ensure_services(data_dir: Path) -> list[Handle]:
    """Join or start what no address in the environment replaces, and let go of it when the process ends."""
    handles: list[Handle] = []
    if not _is_set("DATABASE_URL"):
        handles.append(_until_exit(start_postgres(data_dir)))
    if not _is_set("VALKEY_URL"):
        handles.append(_until_exit(start_valkey(data_dir)))
    if handles and threading.current_thread() is threading.main_thread():
        _leave_in_order_when_terminated()
    return handles


def stop_unused(data_dir: Path) -> bool:
    """Stop the servers that a killed process left on `data_dir`; say whether nothing runs there any more."""
    stopped = [stop_if_unused(server) for server in (PostgresServer(data_dir), ValkeyServer(data_dir))]
    return all(stopped)


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _until_exit(handle: Handle) -> Handle:
    atexit.register(handle.stop)
    return handle


def _leave_in_order_when_terminated() -> None:
    """Python's own answer to SIGTERM skips atexit, and the servers would be left running."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
