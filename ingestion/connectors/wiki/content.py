"""What both editions of Confluence have in common: spaces, pages, attachments, and what an edition can be asked."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ingestion.connectors.base import Readers
from ingestion.connectors.wiki.api import Row

FURTHEST_TIME_ZONE = timedelta(hours=14)
# Pictures, sound and drawings hold no text that we read.
PASSED_OVER = ("image/", "video/", "audio/", "application/gliffy", "application/vnd.jgraph")


@dataclass(frozen=True, slots=True)
class Space:
    id: str
    key: str


@dataclass(frozen=True, slots=True)
class Page:
    """`parent_kind` is "page", or what else pages can lie below: a folder, a whiteboard, a database."""

    id: str
    title: str
    space: str
    version: int
    url: str
    modified_at: datetime | None
    owner: str = ""
    parent: str = ""
    parent_kind: str = "page"


@dataclass(frozen=True, slots=True)
class Attachment:
    id: str
    page: str
    name: str
    version: int
    media_type: str
    url: str
    link: str
    modified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recent:
    """Something that was changed lately: a page, or an attachment of `page`."""

    id: str
    version: int
    space: str
    page: str
    modified_at: datetime | None


class Edition(Protocol):
    """Cloud or Data Center. Lists are whole, or an error. `restriction` None means that there is none."""

    def who_am_i(self) -> None:
        """Raises ConnectorError unless the server knows the account."""
        ...

    def spaces(self) -> Iterable[Space]: ...

    def pages(self, space: Space) -> list[tuple[Page, Readers | None]]:
        """The pages of a space, each with the restriction of its own."""
        ...

    def viewers(self, space: Space) -> Readers | None:
        """Who may view the space at all; None for everybody."""
        ...

    def count(self, keys: Collection[str]) -> int:
        """How many pages the search index knows in these spaces; in all of them without keys."""
        ...

    def attachments(self, pages: Sequence[Page], *, whole_site: bool) -> Iterator[Attachment]:
        """What is attached to `pages`; asked for page by page unless they are most of the `whole_site`."""
        ...

    def restriction(self, content_id: str) -> Readers | None:
        """The restriction that a page or folder has itself. Raises NotThere or NotAllowed."""
        ...

    def parent(self, kind: str, content_id: str) -> tuple[str, str]:
        """Kind and id of what a page or folder lies below; two empty texts at the top."""
        ...

    def members(self, group: str) -> frozenset[str]:
        """Who belongs to a group, as they stand in `Readers.emails`; nobody where that may not be seen."""
        ...

    def recent(self, since: datetime, keys: Collection[str]) -> Iterator[Recent]:
        """What changed since then, by the search index: it may lag, and tell more than asked for."""
        ...

    def page_source(self, page_id: str) -> tuple[str, str]:
        """Title and body, in the storage format. Raises NotThere."""
        ...

    def attachment(self, attachment_id: str) -> Attachment:
        """Raises NotThere."""
        ...


def moment(text: str | None) -> datetime | None:
    """A time of Confluence; one without a zone is taken as UTC."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def holds_text(attachment: Attachment) -> bool:
    return not attachment.media_type.lower().startswith(PASSED_OVER)


def quoted(value: str) -> str:
    """A text as a CQL literal."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def pages_cql(keys: Collection[str]) -> str:
    """All pages of spaces; of every space where no keys are given."""
    return f"type = page{_among(keys)}"


def recent_cql(since: datetime, keys: Collection[str]) -> str:
    # CQL reads the time in the time zone of the account's profile, so it is asked from further back.
    begin = since - FURTHEST_TIME_ZONE
    return (
        f'type in (page, attachment){_among(keys)} and lastmodified >= "{begin:%Y-%m-%d %H:%M}"'
        " order by lastmodified asc"
    )


def _among(keys: Collection[str]) -> str:
    return f" and space in ({', '.join(quoted(key) for key in keys)})" if keys else ""


def recent_row(row: Row) -> Recent:
    """A row of `content/search` with the expansions `version,space,container`."""
    page = row["id"] if row["type"] == "page" else row["container"]["id"]
    version = row["version"]
    return Recent(str(row["id"]), int(version["number"]), row["space"]["key"], str(page), moment(version.get("when")))
