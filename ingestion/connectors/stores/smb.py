"""Shares of Windows servers and Samba, with SMB 2 and 3.

Each store has connections of its own: its library would otherwise lend one user's session to whoever asks the
same server next.
"""

import errno
import stat
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

import smbclient
from smbprotocol.exceptions import LogonFailure, SMBAuthenticationError, SMBException, SMBOSError
from smbprotocol.header import NtStatus

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.stores.store import CONNECT_TIMEOUT_S, Child, Store

# Others may go on reading, writing and deleting what we read.
SHARED = "rwd"
# Codes for which its library knows no number of Python's; a file that somebody holds open for themselves is one.
DENIED = frozenset({NtStatus.STATUS_ACCESS_DENIED, NtStatus.STATUS_SHARING_VIOLATION})


class SmbStore(Store):
    # Its library says ValueError when the server cannot be reached.
    failures = (OSError, SMBException, ValueError)

    def size(self, path: str) -> int | None:
        with _as_python_says():
            told = smbclient.stat(self._place(path), follow_symlinks=False, **self._session)
        if not stat.S_ISREG(told.st_mode):
            raise IsADirectoryError(path)
        return int(told.st_size)

    def read(self, path: str, most: int) -> bytes:
        parts, left = [], most
        with _as_python_says(), smbclient.open_file(
            self._place(path), "rb", share_access=SHARED, **self._session
        ) as file:  # fmt: skip
            while left and (part := file.read(left)):
                parts.append(part)
                left -= len(part)
        return b"".join(parts)

    def children(self, folder: str) -> Iterator[Child]:
        with _as_python_says():
            for entry in smbclient.scandir(self._place(folder), **self._session):
                if not entry.is_symlink():
                    yield _child(entry)

    def explain(self, error: Exception) -> ConnectorError:
        if isinstance(error, SMBAuthenticationError | LogonFailure | PermissionError):
            return self.refused()
        return super().explain(error)

    @cached_property
    def _session(self) -> dict[str, Any]:
        """What each question carries, so that it is asked as this source's user over this store's connection."""
        connections: dict[str, Any] = {}
        weakref.finalize(self, smbclient.reset_connection_cache, fail_on_error=False, connection_cache=connections)
        session = {
            "username": self.settings.get("user", ""),
            "password": self.secret,
            "port": self.address.port or 445,
            "connection_timeout": CONNECT_TIMEOUT_S,
            "connection_cache": connections,
        }
        self.refuse_forbidden()
        smbclient.register_session(self.address.host, **session)
        return session

    def _place(self, path: str) -> str:
        return f"\\\\{self.address.host}/{self.address.path}/{path}".rstrip("/").replace("/", "\\")


def _child(entry: Any) -> Child:
    told = entry.smb_info
    if entry.is_dir():
        return Child(entry.name, is_folder=True)
    modified: datetime = told.last_write_time
    return Child(entry.name, False, told.end_of_file, f"{modified.timestamp()}-{told.end_of_file}", modified)


@contextmanager
def _as_python_says() -> Iterator[None]:
    """Its library has one error for all; Python has one for each reason."""
    try:
        yield
    except SMBOSError as error:
        number = errno.EACCES if error.ntstatus in DENIED else error.errno
        raise OSError(number, error.strerror) from error


STORE = SmbStore
