"""A source that a test holds in its hands: what is on the shelf is listed, and it fails when it is told to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.corpus.models import Source
from ingestion.connectors.base import (
    Changes,
    ConnectorError,
    ConnectorKind,
    CursorLost,
    Fetched,
    Item,
    ItemVanished,
    Setting,
    SettingKind,
)
from ingestion.connectors.registry import register
from ingestion.sources import create_source


@dataclass
class Shelf:
    """`listing_fails` and `fetch_fails` (by external id, or "*" for all) are raised; `calls` says what was asked."""

    items: dict[str, Item] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)
    listing_fails: Exception | None = None
    fetch_fails: dict[str, Exception] = field(default_factory=dict)
    log: list[tuple[str, Item | str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    cursor_is_lost: bool = False

    def put(self, name: str, text: str, **more: Any) -> None:
        self.items[name] = Item(name, more.pop("fingerprint", text), **more)
        self.data[name] = text.encode()
        self.log.append(("put", self.items[name]))

    def take_away(self, name: str) -> None:
        del self.items[name], self.data[name]
        self.log.append(("gone", name))


class ShelfConnector:
    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def items(self) -> Iterator[Item]:
        self.shelf.calls.append("items")
        if self.shelf.listing_fails:
            raise self.shelf.listing_fails
        return iter(list(self.shelf.items.values()))

    def fetch(self, external_id: str) -> Fetched:
        self.shelf.calls.append(f"fetch {external_id}")
        if error := self.shelf.fetch_fails.get(external_id) or self.shelf.fetch_fails.get("*"):
            raise error
        if external_id not in self.shelf.data:
            raise ItemVanished(external_id)
        return Fetched(self.shelf.data[external_id], external_id.rsplit("/", 1)[-1])

    def test(self) -> str:
        if self.shelf.listing_fails:
            raise self.shelf.listing_fails
        return f"{len(self.shelf.items)} documents"


class TellingShelfConnector(ShelfConnector):
    """It knows what changed: a cursor is a place in its log."""

    def cursor(self) -> str:
        self.shelf.calls.append("cursor")
        return str(len(self.shelf.log))

    def changes(self, cursor: str) -> Changes:
        self.shelf.calls.append("changes")
        if self.shelf.cursor_is_lost:
            raise CursorLost
        since = self.shelf.log[int(cursor) :]
        changed = {item.external_id: item for what, item in since if what == "put" and isinstance(item, Item)}
        gone = tuple(str(name) for what, name in since if what == "gone")
        items = tuple(item for name, item in changed.items() if name in self.shelf.items)
        return Changes(items, gone, str(len(self.shelf.log)))


SETTINGS = (
    Setting("address", "Address", kind=SettingKind.URL, default="https://shelf.example.com"),
    Setting("depth", "Depth", kind=SettingKind.NUMBER, default=3, minimum=1, maximum=9),
    Setting("token", "Token", kind=SettingKind.SECRET, required=False),
)


def shelf_source(shelf: Shelf, *, name: str = "Shelf", tells: bool = False, **more: Any) -> Source:
    build = TellingShelfConnector if tells else ShelfConnector
    register(
        ConnectorKind(
            kind="shelf", label="Shelf", description="", settings=SETTINGS, build=lambda _: build(shelf),
            keeps_originals=False,
        )
    )  # fmt: skip
    return create_source(actor=None, name=name, kind="shelf", everyone=True, **more)


def down(**more: Any) -> ConnectorError:
    return ConnectorError("The shelf does not answer; wait.", permanent=more.pop("permanent", False), **more)
