"""The data folder: made if it is missing, and found out early if it cannot serve."""

import os
import shutil
from pathlib import Path

from app.embedded.errors import EmbeddedServiceError, explain_os_error

# sun_path holds 108 bytes on Linux, 104 on macOS, one of them the closing zero.
LONGEST_SOCKET_PATH = 103
FREE_BYTES_FOR_A_NEW_CLUSTER = 300 * 1024 * 1024


def prepare_folder(folder: Path) -> None:
    """Create `folder` and prove that it can be written, or raise EmbeddedServiceError with what to do."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"\0" * 65536)
    except OSError as error:
        raise explain_os_error(error, folder) from error
    finally:
        _forget(probe)


def check_socket_path(socket: Path) -> None:
    """Refuse a socket whose path the operating system would cut off."""
    excess = len(os.fsencode(socket)) - LONGEST_SOCKET_PATH
    if excess > 0:
        raise EmbeddedServiceError(
            f"The path {socket} is {excess} characters too long for a Unix socket; set ATTEST_DATA_DIR "
            "to a folder with a shorter path."
        )


def check_free_space(folder: Path) -> None:
    """Refuse a disk on which a new database would not fit."""
    if shutil.disk_usage(folder).free < FREE_BYTES_FOR_A_NEW_CLUSTER:
        raise explain_os_error(OSError(28, "No space left on device"), folder)


def _forget(probe: Path) -> None:
    try:
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, probe.parent) from error
