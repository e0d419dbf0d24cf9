"""Files in a store of any kind, by its address: S3, Google, Azure, SFTP, SMB, WebDAV.

External ids are paths below the address, with forward slashes. Hidden files and editors' lock files are
passed over, as in a folder on this machine; that one is a kind of its own, and never opened from here.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from ingestion.connectors.base import (
    LONGEST_ID,
    Connection,
    ConnectorError,
    ConnectorKind,
    Fetched,
    Item,
    ItemVanished,
)
from ingestion.connectors.folder import UNREADABLE_NAME, ignored, too_large
from ingestion.connectors.patterns import Patterns
from ingestion.connectors.stores.address import check_endpoint, parse_address
from ingestion.connectors.stores.opening import forget, opened
from ingestion.connectors.stores.settings import SETTINGS
from ingestion.connectors.stores.store import Found, Store
from ingestion.connectors.stores.tally import Tally
from ingestion.errors import FailureReason, IngestionError

TEST_LIMIT = 10_000
# It becomes a part of the address that the key is sent to.
ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
# How `_item` writes what cannot be stored as text.
ESCAPES = ("\\x", "\\ud")
TEST_SECONDS = 20.0
NOT_READ = "The store refuses to hand this file over; give the user of this source the right to read it."
CUT_OFF = "The file changed while it was read, or was cut off; it is read again."


class FilesConnector:
    """`link` is put before a file's path, to give the address under which people open it."""

    def __init__(
        self, find: Callable[[], Store], *, max_bytes: int, patterns: Patterns | None = None, link: str = ""
    ) -> None:
        self.find = find
        self.max_bytes = max_bytes
        self.patterns = patterns or Patterns()
        self.link = link

    def items(self) -> Iterator[Item]:
        with self._store() as store:
            for found in self._seen(store):
                if self.patterns.admit(found.path):
                    yield self._item(found)

    def fetch(self, external_id: str) -> Fetched:
        # Names of only dots are hidden ones, so that no path leads out of the source's folder.
        if not external_id or _is_hidden(external_id):
            raise ItemVanished(external_id)
        with self._store() as store:
            try:
                data = self._read(store, external_id)
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                store.check()
                if any(escape in external_id for escape in ESCAPES):
                    raise IngestionError(FailureReason.UNREADABLE, UNREADABLE_NAME, permanent=True) from error
                raise ItemVanished(external_id) from error
            except PermissionError as error:
                # If the folder itself may not be read either, that is what an admin must hear of.
                store.check()
                raise IngestionError(FailureReason.UNREADABLE, NOT_READ) from error
        return Fetched(data, external_id.rsplit("/", 1)[-1])

    def test(self) -> str:
        tally = Tally(self.max_bytes)
        ends_at = time.monotonic() + TEST_SECONDS
        with self._store() as store:
            for found in self._seen(store):
                if tally.files + tally.left_out >= TEST_LIMIT or time.monotonic() > ends_at:
                    tally.is_complete = False
                    break
                tally.add(found, self.patterns.admit(found.path))
            if tally.readable:
                self._try_to_read(store, tally.readable)
        return tally.words()

    def _read(self, store: Store, path: str) -> bytes:
        size = store.size(path)
        if size is not None and size > self.max_bytes:
            raise IngestionError(FailureReason.TOO_LARGE, too_large(size, self.max_bytes))
        data = store.read(path, self.max_bytes + 1)
        if len(data) > self.max_bytes:
            raise IngestionError(FailureReason.TOO_LARGE, too_large(len(data), self.max_bytes))
        if size is not None and len(data) < size:
            raise IngestionError(FailureReason.UNREADABLE, CUT_OFF)
        return data

    def _try_to_read(self, store: Store, path: str) -> None:
        try:
            store.read(path, 1)
        except PermissionError as error:
            raise store.refused("the files can be listed but not read: give its user the right to read them") from error
        except FileNotFoundError:
            return

    def _seen(self, store: Store) -> Iterator[Found]:
        for found in store.files(lambda folder: not _is_hidden(folder) and self.patterns.admit_folder(folder)):
            if not _is_hidden(found.path):
                yield found

    def _item(self, found: Found) -> Item:
        # What cannot be stored as text is escaped, so that the file is listed and says what is wrong with its name.
        external_id = found.path.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()
        if len(external_id) > LONGEST_ID:
            raise ConnectorError(
                f"A path is longer than {LONGEST_ID} characters: {external_id[:80]}…; shorten it.", permanent=True
            )
        return Item(
            external_id=external_id,
            fingerprint=found.version,
            url=self.link + quote(external_id) if self.link else "",
            modified_at=found.modified_at,
        )

    @contextmanager
    def _store(self) -> Iterator[Store]:
        """The store; what its library raises leaves as a sentence, and a connection that failed is not used again."""
        store = self.find()
        try:
            yield store
        except store.failures as error:
            forget(store)
            raise store.explain(error) from error


def _is_hidden(path: str) -> bool:
    return any(ignored(part) for part in path.split("/"))


def build(connection: Connection) -> FilesConnector:
    settings = connection.settings
    address = parse_address(settings["url"])
    told = {name: str(settings.get(name) or "") for name in ("user", "endpoint_url", "region", "host_key")}
    return FilesConnector(
        lambda: opened(address, told, connection.secrets.get("secret", "")),
        max_bytes=connection.max_bytes,
        patterns=Patterns(settings.get("include") or (), settings.get("exclude") or ()),
        link=settings.get("link") or "",
    )


def check(settings: Mapping[str, Any]) -> None:
    address = parse_address(str(settings.get("url") or ""))
    endpoint = str(settings.get("endpoint_url") or "")
    if endpoint and address.protocol not in ("s3", "gs", "az"):
        raise ValueError("An endpoint is only for s3, gs and az; other addresses name their server themselves.")
    if endpoint:
        check_endpoint(endpoint)
    if address.protocol in ("az", "sftp", "smb") and not settings.get("user"):
        raise ValueError(f"Enter the {'account' if address.protocol == 'az' else 'user'} for {address.protocol}://.")
    if address.protocol == "az" and not ACCOUNT.fullmatch(str(settings["user"])):
        raise ValueError("An Azure account has 3 to 24 small letters and digits; enter its name alone.")
    if (link := settings.get("link")) and not str(link).startswith(("https://", "http://")):
        raise ValueError("The link must begin with https:// or http://.")
    Patterns(settings.get("include") or (), settings.get("exclude") or ())


KIND = ConnectorKind(
    kind="files",
    label="File store",
    description="Files in S3, Google Cloud Storage, Azure, SFTP, a Windows share or WebDAV, kept in step.",
    settings=SETTINGS,
    build=build,
    check=check,
)
