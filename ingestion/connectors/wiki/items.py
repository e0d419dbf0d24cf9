"""Pages and attachments of Confluence as items, and what an admin is told of them."""

from collections.abc import Mapping, Sequence

from ingestion.connectors.base import Item, Readers
from ingestion.connectors.wiki.content import Attachment, Page
from ingestion.connectors.wiki.readers import NOBODY, digest, hidden

ReadersOf = Mapping[str, Readers | None]


def states_of(pages: Sequence[Page], readers: ReadersOf) -> dict[str, str]:
    return {page.id: f"{page.version} {digest(readers[page.id])}" for page in pages}


def page_item(page: Page, readers: Readers | None) -> Item:
    return Item(
        external_id=page.id,
        # With the id: equal version numbers of two pages must not look like one page that moved.
        fingerprint=f"{page.id} v{page.version}",
        url=page.url,
        modified_at=page.modified_at,
        title=page.title,
        owner=page.owner,
        readers=readers,
    )


def attachment_item(attachment: Attachment, readers: Readers | None) -> Item:
    return Item(
        external_id=attachment.id,
        fingerprint=f"{attachment.id} v{attachment.version}",
        url=attachment.url,
        modified_at=attachment.modified_at,
        title=attachment.name,
        parent=attachment.page,
        readers=readers,
    )


def in_words(spaces: int, readers: list[Readers | None]) -> str:
    """ "142 pages in 3 spaces, 12 restricted (2 of their readers have a hidden e-mail and open nothing here)" """
    words = f"{so_many(len(readers), 'page')} in {so_many(spaces, 'space')}"
    restricted = [each for each in readers if each is not None]
    unseen = frozenset[str]().union(*map(hidden, restricted))
    closed = restricted.count(NOBODY)
    if restricted:
        words += f", {len(restricted)} restricted"
    if unseen:
        words += f" ({len(unseen)} of their readers have an e-mail that this account cannot see and open nothing here)"
    if closed:
        words += f", {closed} of them closed to everybody: not readable with these rights is who may read them"
    return words


def so_many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
