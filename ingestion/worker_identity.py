"""Which process works on a document, written so that others can find out later how it ended.

A process that died while the parent that started it lives on died of what it was doing. One that
is gone together with its parent was stopped from outside: a deploy, a lost machine, a kill.
"""

import functools
import os
import socket
from enum import StrEnum

import psutil
from billiard.process import current_process


class End(StrEnum):
    NONE = "none"
    """It lives: it gave the document up after an error."""
    ALONE = "alone"
    """It died and its parent did not."""
    UNKNOWN = "unknown"


def this_process() -> str:
    return _identity(os.getpid())


def how_it_ended(identity: str) -> End:
    """How the process named by `identity` ended, as far as it can be told from here."""
    host, _, rest = identity.partition("/")
    parent, _, own = rest.partition("/")
    if host != socket.gethostname() or not own:
        return End.UNKNOWN
    if _lives(own):
        return End.NONE
    return End.ALONE if _lives(parent) else End.UNKNOWN


@functools.lru_cache(maxsize=1)
def _identity(pid: int) -> str:
    # Only the parent of a pool's process starts it anew; whoever started another is no witness of what it did.
    in_pool = current_process().name != "MainProcess"
    parent = _named(os.getppid()) if in_pool else ""
    return f"{socket.gethostname()}/{parent}/{_named(pid)}"


def _named(pid: int) -> str:
    """A process number may be given again, but not with the same moment of birth."""
    return f"{pid}@{psutil.Process(pid).create_time():.2f}"


def _lives(name: str) -> bool:
    pid, _, _ = name.partition("@")
    try:
        return (
            pid.isdecimal() and _named(int(pid)) == name and psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return False
