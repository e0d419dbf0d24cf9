"""The console that all processes share: whole lines, each with the name of the one that said it."""

import sys
import threading
from typing import TextIO

NAME_WIDTH = 7
COLOURS = {"attest": "1", "web": "36", "worker": "33", "beat": "35"}


class Console:
    """Writes one line at a time; a console that has gone away stops nobody."""

    def __init__(self, stream: TextIO | None = None, *, names: bool = True) -> None:
        """Without `names` lines are passed on as they are, for a supervisor that is a child itself."""
        self._stream = stream or sys.stdout
        self._names = names
        self._lock = threading.Lock()
        self._coloured = self._stream.isatty()

    def say(self, text: str) -> None:
        """Write what the supervisor itself has to say to the person at the keyboard."""
        self._write(f"{text}\n")

    def line(self, name: str, text: str) -> None:
        """Write one line of a child's log."""
        label = f"{name:<{NAME_WIDTH}}|"
        if self._coloured:
            label = f"\033[{COLOURS.get(name, '0')}m{label}\033[0m"
        self._write(f"{label} {text}\n" if self._names else f"{text}\n")

    def _write(self, text: str) -> None:
        with self._lock:
            try:
                self._stream.write(text)
                self._stream.flush()
            except (OSError, ValueError):
                # The terminal was closed or the reader of a pipe has left; the children go on.
                self._coloured = False
