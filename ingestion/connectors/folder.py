"""A folder on this machine. External ids are paths relative to it, with forward slashes.

Hidden files, editors' lock files and links that lead out of the folder are passed over.
"""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from ingestion.connectors.base import LONGEST_ID, ConnectorError, ConnectorKind, Fetched, Item, ItemVanished, Setting
from ingestion.errors import FailureReason, IngestionError

IGNORED_PREFIXES = (".", "~$")
UNREADABLE_NAME = "The file's name is not valid UTF-8, so it cannot be opened by name; rename the file."
LONGEST_PATH = LONGEST_ID
TEST_LIMIT = 10_000
IGNORED_NAMES = frozenset({"Thumbs.db", "desktop.ini", "__MACOSX"})


class FolderConnector:
    def __init__(self, path: str, *, max_bytes: int) -> None:
        self.root = Path(path)
        self.max_bytes = max_bytes

    def items(self) -> Iterator[Item]:
        if not self.root.is_dir():
            raise _missing(self.root)
        for folder, folders, files in os.walk(self.root, onerror=_refuse):
            folders[:] = sorted(name for name in folders if not ignored(name))
            for name in sorted(name for name in files if not ignored(name)):
                path = Path(folder) / name
                if (item := self._item(path)) is not None:
                    yield item

    def fetch(self, external_id: str) -> Fetched:
        path = self._inside(external_id)
        try:
            state = path.stat()
            if not stat.S_ISREG(state.st_mode):
                # It has become a folder, or a pipe that would be read for ever.
                raise ItemVanished(external_id)
            if state.st_size > self.max_bytes:
                raise IngestionError(FailureReason.TOO_LARGE, too_large(state.st_size, self.max_bytes))
            return Fetched(path.read_bytes(), path.name)
        except FileNotFoundError as error:
            if "\\x" in external_id:
                raise IngestionError(FailureReason.UNREADABLE, UNREADABLE_NAME, permanent=True) from error
            if not self.root.is_dir():
                raise _missing(self.root) from error
            raise ItemVanished(external_id) from error
        except OSError as error:
            raise IngestionError(
                FailureReason.UNREADABLE,
                f"The file could not be read ({error.strerror}); give the server's user the right to read it.",
            ) from error

    def test(self) -> str:
        if not self.root.is_dir():
            raise _missing(self.root)
        count = sum(1 for _ in islice(self.items(), TEST_LIMIT + 1))
        return f"More than {TEST_LIMIT} files" if count > TEST_LIMIT else f"{count} file{'' if count == 1 else 's'}"

    def _item(self, path: Path) -> Item | None:
        try:
            if not path.resolve().is_relative_to(self.root.resolve()) or not path.is_file():
                return None
            state = path.stat()
        except OSError:
            # It vanished between listing and looking; the next run will tell.
            return None
        # A name in another encoding cannot be stored as text; its escaped form can, and is stable.
        relative = path.relative_to(self.root).as_posix()
        external_id = relative.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        if len(external_id) > LONGEST_PATH:
            raise ConnectorError(
                f"A path is longer than {LONGEST_PATH} characters: {external_id[:80]}…; shorten it.", permanent=True
            )
        return Item(
            external_id=external_id,
            fingerprint=f"{state.st_size}-{state.st_mtime_ns}",
            modified_at=datetime.fromtimestamp(state.st_mtime, UTC),
        )

    def _inside(self, external_id: str) -> Path:
        path = self.root / external_id
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise ItemVanished(external_id)
        return path


def ignored(name: str) -> bool:
    return name.startswith(IGNORED_PREFIXES) or name in IGNORED_NAMES


def too_large(size: int, limit: int) -> str:
    return (
        f"The file has {size / 1_000_000:.0f} MB and the limit is {limit / 1_000_000:.0f} MB; "
        "split it, or raise ATTEST_MAX_FILE_MB."
    )


def _missing(root: Path) -> ConnectorError:
    return ConnectorError(
        f"The folder {root} does not exist or is not a folder; mount it, or correct the path.", permanent=False
    )


def _refuse(error: OSError) -> None:
    # A folder that cannot be listed must not look like a folder whose documents were removed.
    raise ConnectorError(
        f"The folder {error.filename} could not be listed ({error.strerror}); correct its rights.", permanent=False
    )


KIND = ConnectorKind(
    kind="folder",
    label="Folder",
    description="A folder on the server, kept in step.",
    settings=(Setting("path", "Folder on the server", "It must lie below one of ATTEST_FOLDER_ROOTS."),),
    build=lambda connection: FolderConnector(connection.settings["path"], max_bytes=connection.max_bytes),
)
