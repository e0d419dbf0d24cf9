"""What a connector is: it lists the items of a source and fetches one. Nothing else knows where documents live."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class ConnectorError(Exception):
    """The source as a whole could not be read; the message says what an admin can do."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent


class ItemVanished(Exception):  # noqa: N818 - the name says what happened
    """The item was listed but is gone now; the next run will see it removed."""


@dataclass(frozen=True, slots=True)
class Item:
    """One document at its source. `fingerprint` changes whenever its content may have changed."""

    external_id: str
    fingerprint: str
    url: str = ""
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """An item's bytes and the file name that tells its format."""

    data: bytes
    name: str


class Connector(Protocol):
    def items(self) -> Iterator[Item]:
        """Every item there is now. Raises ConnectorError rather than listing only a part."""
        ...

    def fetch(self, external_id: str) -> Fetched:
        """Raises ItemVanished, IngestionError for this item alone, or ConnectorError for all of them."""
        ...
