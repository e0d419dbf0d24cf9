"""What the files of a store look like, whatever the protocol, and the walk that lists them folder by folder.

A store raises what its library raises, `failures`; `explain` turns that into a sentence for an admin.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.stores.address import WITH_A_SERVER, Address
from ingestion.network_guard import refuse_forbidden

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60
# What stores call the version or the hash of a file, best first: a hash stays when a file is moved.
VERSIONS = ("md5Hash", "crc32c", "content_md5", "ETag", "etag")
MODIFIED = ("LastModified", "last_modified", "modified", "updated", "mtime")
CHARACTERS_OF_AN_ERROR = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A file, by its path below the source's address. `size` is None where the store does not tell it."""

    path: str
    size: int | None
    version: str
    modified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Child:
    """What a folder holds: a folder, or a file with what `Found` tells of it."""

    name: str
    is_folder: bool
    size: int | None = None
    version: str = ""
    modified_at: datetime | None = None


class Store:
    """Any fsspec file system that has folders. Nothing is connected to before the first use."""

    failures: tuple[type[Exception], ...] = (OSError,)

    def __init__(self, address: Address, settings: Mapping[str, str], secret: str) -> None:
        self.address = address
        self.settings = settings
        self.secret = secret
        self.name = f"{address.protocol}://{address.host}" + (f"/{address.path}" if address.path else "")

    @cached_property
    def fs(self) -> Any:
        self.refuse_forbidden()
        return self.connect()

    def refuse_forbidden(self) -> None:
        """Keep a name from leading where a cloud hands out this machine's keys. Raises ConnectorError."""
        if endpoint := self.settings.get("endpoint_url"):
            refuse_forbidden(urlsplit(endpoint).hostname or "", 443)
        elif self.address.protocol in WITH_A_SERVER:
            refuse_forbidden(self.address.host, self.address.port or 443)

    def connect(self) -> Any:
        """A file system of fsspec with the source's own credentials, and none of this server's."""
        raise NotImplementedError

    @property
    def root(self) -> str:
        """The source's folder, as the file system names it."""
        return f"{self.address.host}/{self.address.path}".rstrip("/")

    def files(self, enter: Callable[[str], bool]) -> Iterator[Found]:
        """Every file, in the order of its path; `enter` says which folders are looked into."""
        folders = [""]
        while folders:
            folder = folders.pop()
            below = []
            for child in self._still_there(folder):
                path = f"{folder}/{child.name}" if folder else child.name
                if not child.is_folder:
                    yield Found(path, child.size, child.version, child.modified_at)
                elif enter(path):
                    below.append(path)
            folders += reversed(below)

    def check(self) -> None:
        """Raise what keeps the source's folder from being listed."""
        next(iter(self.children("")), None)

    def size(self, path: str) -> int | None:
        """Raises FileNotFoundError, or IsADirectoryError for a folder."""
        info = self.fs.info(self.full(path))
        if info["type"] != "file" or info.get("islink"):
            raise IsADirectoryError(path)
        return info.get("size")

    def read(self, path: str, most: int) -> bytes:
        """The first `most` bytes of a file."""
        with self.fs.open(self.full(path), "rb") as file:
            parts, left = [], most
            while left and (part := file.read(left)):
                parts.append(part)
                left -= len(part)
        return b"".join(parts)

    def children(self, folder: str) -> Iterator[Child]:
        full = self.full(folder).rstrip("/")
        for info in self.fs.ls(full, detail=True):
            path = info["name"].rstrip("/")
            # A folder of an object store may be listed as a file in itself; links would lead out, or in circles.
            if path.strip("/") == full.strip("/") or info.get("islink") or info["type"] not in ("file", "directory"):
                continue
            yield Child(
                path.rsplit("/", 1)[-1], info["type"] == "directory", info.get("size"), _version(info), _modified(info)
            )

    def full(self, path: str) -> str:
        return f"{self.root.rstrip('/')}/{path}" if path else self.root

    def explain(self, error: Exception) -> ConnectorError:
        if isinstance(error, PermissionError):
            return self.refused()
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return self.missing()
        return self.unreachable(error)

    def refused(self, advice: str = "check the user and the password, and the rights they have") -> ConnectorError:
        return ConnectorError(f"{self.name} refuses access; {advice}.", permanent=True)

    def missing(self) -> ConnectorError:
        return ConnectorError(f"There is no folder {self.name}; create it, or correct the address.", permanent=False)

    def unreachable(self, error: Exception) -> ConnectorError:
        words = (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:CHARACTERS_OF_AN_ERROR]
        return ConnectorError(
            f"{self.name} could not be read ({words}); it is tried again. Check the address and the network "
            "if it stays so.",
            permanent=False,
        )

    def _still_there(self, folder: str) -> list[Child]:
        try:
            return sorted(self.children(folder), key=lambda child: child.name)
        except FileNotFoundError:
            if not folder:
                raise
            # It went away between its listing and this look. If all went away, that is an error and not an empty store.
            self.check()
            return []


def _version(info: Mapping[str, Any]) -> str:
    # Azure keeps its hash one level deeper.
    told = {**info, **(info.get("content_settings") or {})}
    named = [told[name] for name in VERSIONS if told.get(name)]
    version = named[0] if named else _stamp(info)
    words = bytes(version).hex() if isinstance(version, bytes | bytearray) else str(version).strip('"')
    return f"{words[:150]}-{info.get('size')}"


def _stamp(info: Mapping[str, Any]) -> Any:
    return next((info[name] for name in MODIFIED if info.get(name)), "")


def _modified(info: Mapping[str, Any]) -> datetime | None:
    stamp = _stamp(info)
    if isinstance(stamp, int | float):
        return datetime.fromtimestamp(stamp, UTC)
    if isinstance(stamp, str) and stamp:
        stamp = datetime.fromisoformat(stamp)
    if isinstance(stamp, datetime):
        return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    return None
