"""File locks that the kernel drops with their holder, so that a killed process leaves none behind."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from app.embedded.errors import EmbeddedServiceError, explain_os_error

POLL_SECONDS = 0.05


class FileLock:
    """An advisory lock on one file, exclusive or shared."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise explain_os_error(error, path.parent) from error

    def share(self) -> None:
        """Hold the lock beside others who share it."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def try_alone(self) -> bool:
        """Hold the lock alone if nobody else has it; a shared hold of our own is given up for it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def wait_alone(self, seconds: float) -> None:
        """Hold the lock alone, or raise EmbeddedServiceError after `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.try_alone():
            if time.monotonic() > deadline:
                raise EmbeddedServiceError(
                    f"Another process has held {self.path} for {seconds:.0f} seconds; stop the other "
                    "Attest command that is starting, then try again."
                )
            time.sleep(POLL_SECONDS)

    def note(self, text: str) -> None:
        """Write `text` into the locked file, for whoever finds it locked."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text.encode(), 0)

    def noted(self) -> str:
        """Return what the holder wrote."""
        return os.pread(self._file, 4096, 0).decode(errors="replace")

    @property
    def open(self) -> bool:
        """Whether `release` has not been called yet."""
        return self._file >= 0

    def release(self) -> None:
        """Let go; the file stays, as removing it would split later holders into two camps."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> "FileLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
