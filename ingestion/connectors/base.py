"""What a connector is: it lists the items of a source, fetches one, and says what it would find.

Nothing else knows where documents live. A connector is one file in this folder that ends with a
`KIND`; `registry.py` finds it there. It reads nothing but its `Connection`: no settings, no tables.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

LONGEST_ID = 1000


class ConnectorError(Exception):
    """The source as a whole could not be read; the message says what an admin can do.

    `retry_after_s`: how long the source asked us to wait, where it did.
    """

    def __init__(self, message: str, *, permanent: bool, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.retry_after_s = retry_after_s


class ItemVanished(Exception):  # noqa: N818 - the name says what happened
    """The item was listed but is gone now; the next run will see it removed."""


class CursorLost(Exception):  # noqa: N818 - the name says what happened
    """The source no longer knows the place where the last look ended; everything is listed instead."""


@dataclass(frozen=True, slots=True)
class Readers:
    """Who may read an item at its source, in the source's words. It only ever narrows who may read the source.

    `group_ids` are groups of ours; connectors know none, readers by folder name nothing else.
    """

    emails: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    group_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Item:
    """One document at its source. `fingerprint` changes whenever its content may have changed.

    `title` is shown until the document has been read. `parent` is the external id of the item this
    one is attached to. `readers` None means: whoever may read the source. `moved_from` is the
    external id the item had before, where the source tells.
    """

    external_id: str
    fingerprint: str
    url: str = ""
    modified_at: datetime | None = None
    title: str = ""
    parent: str = ""
    owner: str = ""
    readers: Readers | None = None
    moved_from: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An item's bytes and the file name that tells its format."""

    data: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs since a cursor, and the cursor that the next look begins with."""

    items: tuple[Item, ...]
    removed: tuple[str, ...]
    cursor: str


class Connector(Protocol):
    def items(self) -> Iterator[Item]:
        """Every item there is now. Raises ConnectorError rather than listing only a part."""
        ...

    def fetch(self, external_id: str) -> Fetched:
        """Raises ItemVanished, IngestionError for this item alone, or ConnectorError for all of them."""
        ...

    def test(self) -> str:
        """What was found, in words for an admin: "142 pages, 3 not readable with these rights".

        Raises ConnectorError that says what to correct. Takes seconds, not minutes: it may stop counting.
        """
        ...


class IncrementalConnector(Connector, Protocol):
    """A connector whose source can tell what changed. A complete listing still happens now and then."""

    def cursor(self) -> str:
        """The place where changes after this moment begin; asked for before a complete listing."""
        ...

    def changes(self, cursor: str) -> Changes:
        """What changed since `cursor`. Raises CursorLost, or ConnectorError."""
        ...


class Memory(Protocol):
    """What a connector keeps between looks, by key: conditional-request validators, hashes, bodies read ahead.

    Entries are not documents: losing them costs time, never correctness.
    """

    @property
    def run_began_at(self) -> datetime:
        """When the present run began: what was noted since need not be asked again after an interruption."""
        ...

    def get(self, key: str) -> "Note | None": ...

    def put(self, key: str, value: Mapping[str, Any], data: bytes = b"") -> None: ...

    def forget(self, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Note:
    value: Mapping[str, Any]
    data: bytes
    noted_at: datetime


class SettingKind(StrEnum):
    TEXT = "text"
    URL = "url"
    SECRET = "secret"  # noqa: S105 - the kind of a field, not a password
    NUMBER = "number"
    CHOICE = "choice"
    LINES = "lines"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a source's settings form. Secrets are stored encrypted and never shown again.

    Values are str (TEXT, URL, SECRET, CHOICE), int (NUMBER), list[str] (LINES) or bool (FLAG).
    """

    name: str
    label: str
    help: str = ""
    kind: SettingKind = SettingKind.TEXT
    required: bool = True
    default: Any = ""
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything a connector may know: its source's settings and secrets, its memory, and the limits.

    `source_id` is 0 while an admin tests settings that are not saved yet. `cache_folder` is this
    source's own on this machine, perhaps not there yet; it may be lost at any time. A trial has none.
    """

    source_id: int
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    memory: Memory
    max_bytes: int
    cache_folder: Path | None = None


@dataclass(frozen=True, slots=True)
class ConnectorKind:
    """A kind of source: its name in words, its settings form, and how its connector is built.

    `check` refuses settings that cannot be right, before anything is connected to; it raises
    ValueError with a sentence. `offered` is False for kinds that no form creates.
    `keeps_originals`: whether a copy of each file is kept, so that a citation can be checked against it.
    """

    kind: str
    label: str
    description: str
    settings: tuple[Setting, ...]
    build: Callable[[Connection], Connector]
    check: Callable[[Mapping[str, Any]], None] = field(default=lambda settings: None)
    offered: bool = True
    keeps_originals: bool = True
