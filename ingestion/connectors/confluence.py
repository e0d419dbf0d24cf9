"""Confluence, Cloud or Data Center: the pages of its spaces, what is attached to them, and who may read them there."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from ingestion.connectors.base import (
    Changes,
    Connection,
    ConnectorError,
    ConnectorKind,
    Fetched,
    Item,
    ItemVanished,
    Readers,
)
from ingestion.connectors.wiki.api import ConfluenceApi, NotThere, vanished
from ingestion.connectors.wiki.cloud import Cloud
from ingestion.connectors.wiki.content import Attachment, Edition, Page, Recent, Space, holds_text
from ingestion.connectors.wiki.data_center import DataCenter
from ingestion.connectors.wiki.items import ReadersOf, attachment_item, in_words, page_item, so_many, states_of
from ingestion.connectors.wiki.looks import LISTING, Look, cursor_of, keep, now, other_slot, remembered
from ingestion.connectors.wiki.readers import Inheritance
from ingestion.connectors.wiki.settings import CLOUD, SETTINGS, base_url, check, client_of
from ingestion.connectors.wiki.storage import as_html

CONTENT_ID = re.compile(r"(?:att)?\d{1,20}")
# The search index lags, and clocks differ.
OVERLAP = timedelta(hours=1)
TEST_LIMIT = 1000


class ConfluenceConnector:
    """One object serves one look. External ids are Confluence's own, which survive renaming and moving."""

    def __init__(self, connection: Connection, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = connection.settings
        self._memory = connection.memory
        self._max_bytes = connection.max_bytes
        self._keys = [key.strip() for key in self._settings.get("spaces") or () if key.strip()]
        self._api = ConfluenceApi(base_url(self._settings), client_of(connection), sleep=sleep)
        edition = Cloud if self._settings["edition"] == CLOUD else DataCenter
        self._edition: Edition = edition(self._api, archived=bool(self._settings.get("archived")))

    def items(self) -> Iterator[Item]:
        with _whole():
            self._edition.who_am_i()
            began = now()
            look = Look(began, began)
            pages: list[Page] = []
            readers: dict[str, Readers | None] = {}
            for space in self._spaces():
                found, inherited = self._read([space])
                yield from (page_item(page, inherited[page.id]) for page in found)
                pages += found
                readers |= inherited
            look.pages = states_of(pages, readers)
            for attachment in self._attachments(pages, whole_site=not self._keys):
                look.attached.setdefault(attachment.page, {})[attachment.id] = attachment.version
                yield attachment_item(attachment, readers[attachment.page])
            keep(self._memory, LISTING, self._run, look)

    def fetch(self, external_id: str) -> Fetched:
        if not CONTENT_ID.fullmatch(external_id):
            self._edition.who_am_i()
            raise ItemVanished(external_id)
        with vanished(external_id):
            if external_id.startswith("att"):
                attachment = self._edition.attachment(external_id)
                return Fetched(self._api.download(attachment.link, self._max_bytes), attachment.name)
            title, storage = self._edition.page_source(external_id)
            return Fetched(as_html(title, storage), f"{external_id}.html")

    def cursor(self) -> str:
        return cursor_of(LISTING, self._run, now())

    def changes(self, cursor: str) -> Changes:
        """Raises CursorLost where the look that the cursor ends is not remembered."""
        slot, last = remembered(self._memory, cursor)
        with _whole():
            self._edition.who_am_i()
            look = Look(now(), last.rights_at, dict(last.pages), dict(last.attached))
            recent = self._recent(last)
            look.told = {each.id: each.version for each in recent}
            news = [each for each in recent if last.told.get(each.id) != each.version]
            items, removed = self._compare(last, look, news)
        slot = other_slot(slot)
        keep(self._memory, slot, self._run, look)
        return Changes(tuple(items), tuple(removed), cursor_of(slot, self._run, look.at))

    def test(self) -> str:
        with _whole():
            self._edition.who_am_i()
            spaces = self._spaces()
            count = self._edition.count(self._keys)
            if count > TEST_LIMIT:
                return f"{count:,} pages in {so_many(len(spaces), 'space')}; too many to count their restrictions here"
            pages, readers = self._read(spaces)
            return in_words(len(spaces), [readers[page.id] for page in pages])

    @property
    def _run(self) -> str:
        return self._memory.run_began_at.isoformat()

    def _spaces(self) -> list[Space]:
        found = list(self._edition.spaces())
        if not self._keys:
            return found
        by_key = {space.key.lower(): space for space in found}
        if missing := [key for key in self._keys if key.lower() not in by_key]:
            raise ConnectorError(
                f"There is no space {', '.join(missing)} that this account may see; correct the keys, or give the "
                "account the right to view.",
                permanent=True,
            )
        return [by_key[key] for key in dict.fromkeys(key.lower() for key in self._keys)]

    def _read(self, spaces: Sequence[Space]) -> tuple[list[Page], ReadersOf]:
        rows = {page.id: (page, own) for space in spaces for page, own in self._edition.pages(space)}
        counts = self._settings.get("space_permissions")
        viewers = {space.key: self._viewers(space) for space in spaces} if counts else {}
        inheritance = Inheritance(self._edition, rows, viewers)
        return [page for page, _ in rows.values()], {key: inheritance.readers(key) for key in rows}

    def _viewers(self, space: Space) -> Readers | None:
        try:
            return self._edition.viewers(space)
        except NotThere as error:
            raise ConnectorError(
                f"Confluence does not tell this account who may view the space {space.key}; Data Center does so from "
                "version 9.1 on. Update it, or switch the permissions of spaces off.",
                permanent=True,
            ) from error

    def _attachments(self, pages: Sequence[Page], *, whole_site: bool = False) -> Iterator[Attachment]:
        if self._settings.get("attachments", True):
            yield from filter(holds_text, self._edition.attachments(pages, whole_site=whole_site))

    def _recent(self, last: Look) -> list[Recent]:
        since = last.at - OVERLAP
        found = self._edition.recent(since, self._keys)
        return [each for each in found if each.modified_at is None or each.modified_at >= since]

    def _compare(self, last: Look, look: Look, news: list[Recent]) -> tuple[list[Item], list[str]]:
        """What differs from the last look, and what is not there any more. Brings `look` up to date."""
        # Nothing tells of a changed restriction, so now and then all pages are looked at.
        is_complete = look.at - last.rights_at >= timedelta(minutes=int(self._settings.get("rights_minutes", 15)))
        touched = {each.space for each in news}
        pages, readers = self._read([space for space in self._spaces() if is_complete or space.key in touched])
        states = states_of(pages, readers)
        removed = []
        if is_complete:
            look.rights_at = look.at
            # Only a look at all spaces tells a page that went from one that moved.
            for key in sorted(last.pages.keys() - states.keys()):
                removed += [key, *last.attached.get(key, {})]
                look.pages.pop(key)
                look.attached.pop(key, None)
        look.pages |= states
        changed = {page.id for page in pages if last.pages.get(page.id) != states[page.id]}
        items = [page_item(page, readers[page.id]) for page in pages if page.id in changed]
        named = {each.page for each in news}
        for page in pages:
            if page.id in changed or page.id in named:
                before = last.attached.get(page.id, {})
                there = list(self._attachments([page]))
                look.attached[page.id] = {each.id: each.version for each in there}
                removed += sorted(before.keys() - look.attached[page.id].keys())
                items += [
                    attachment_item(each, readers[page.id])
                    for each in there
                    if page.id in changed or before.get(each.id) != each.version
                ]
        return items, removed


@contextmanager
def _whole() -> Iterator[None]:
    """A list that is not there is no empty list."""
    try:
        yield
    except NotThere as error:
        raise ConnectorError(
            "Confluence has nothing at this address (404), or it changed while it was read; check the address and the "
            "edition.",
            permanent=False,
        ) from error


KIND = ConnectorKind(
    kind="confluence",
    label="Confluence",
    description="The pages of a Confluence wiki with what is attached to them. Restricted pages stay restricted.",
    settings=SETTINGS,
    build=ConfluenceConnector,
    check=check,
)
