"""Confluence Data Center: everything by its REST API. It names users; their e-mails stand in their profiles."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from ingestion.connectors.base import ConnectorError, Readers
from ingestion.connectors.wiki.api import ConfluenceApi, NotAllowed, NotThere, Row, understood
from ingestion.connectors.wiki.content import (
    Attachment,
    Page,
    Recent,
    Space,
    moment,
    pages_cql,
    recent_cql,
    recent_row,
)
from ingestion.connectors.wiki.readers import is_whole, named_in_full, own_restriction

PART = 100
NAMES_PART = 200
RESTRICTIONS = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
PAGE_PARTS = f"version,history,ancestors,children.attachment.version,{RESTRICTIONS}"


class DataCenter:
    def __init__(self, api: ConfluenceApi, *, archived: bool) -> None:
        self._api = api
        self._statuses = ("current", "archived") if archived else ("current",)
        self._attached: dict[str, list[Attachment]] = {}
        self._emails: dict[str, str] = {}

    def who_am_i(self) -> None:
        if self._api.get("/rest/api/user/current").get("type") != "known":
            raise ConnectorError(
                "Confluence does not know the account; enter a valid personal access token.", permanent=True
            )

    def spaces(self) -> Iterator[Space]:
        for row in self._api.by_start("/rest/api/space", limit=PART):
            with understood("a space"):
                if row.get("status", "current") in self._statuses:
                    yield Space(str(row["id"]), row["key"])

    def pages(self, space: Space) -> list[tuple[Page, Readers | None]]:
        found: list[tuple[Page, Readers | None]] = []
        for status in self._statuses:
            rows = self._api.by_start(
                "/rest/api/content", limit=PART, type="page", spaceKey=space.key, status=status, expand=PAGE_PARTS
            )
            for row in rows:
                with understood("a page"):
                    page = self._page(row, space)
                    found.append((page, self._restriction_in(row)))
                    self._keep_attachments(page, row)
        return found

    def viewers(self, space: Space) -> Readers | None:
        emails: set[str] = set()
        groups: set[str] = set()
        for row in self._api.get_list(f"/rest/api/space/{quote(space.key, safe='')}/permissions"):
            with understood("a space permission"):
                if (row["operation"]["operationKey"], row["operation"]["targetType"]) != ("read", "space"):
                    continue
                subject = row["subject"]
                if subject["type"] == "anonymous":
                    return None
                if subject["type"] == "user":
                    emails.add(self._name_of(self._api.get("/rest/api/user", key=subject["userKey"])))
                elif subject["type"] == "group":
                    groups.add(subject["name"])
        return Readers(frozenset(emails), frozenset(groups))

    def count(self, keys: Collection[str]) -> int:
        found = self._api.get("/rest/api/search", cql=pages_cql(keys), limit=1)
        with understood("a count"):
            return int(found["totalSize"])

    def attachments(self, pages: Sequence[Page], *, whole_site: bool) -> Iterator[Attachment]:
        for page in pages:
            if page.id in self._attached:
                yield from self._attached[page.id]
                continue
            try:
                rows = self._api.by_start(f"/rest/api/content/{page.id}/child/attachment", limit=PART, expand="version")
            except NotThere:
                continue  # The page went meanwhile; the next look tells.
            yield from (self._attachment(row, page.id) for row in rows)

    def restriction(self, content_id: str) -> Readers | None:
        return own_restriction(named_in_full(self._api, content_id), self._name_of)

    def parent(self, kind: str, content_id: str) -> tuple[str, str]:
        row = self._api.get(f"/rest/api/content/{content_id}", expand="ancestors", status="any")
        with understood("a page"):
            return ("page", str(row["ancestors"][-1]["id"])) if row["ancestors"] else ("", "")

    def members(self, group: str) -> frozenset[str]:
        path = f"/rest/api/group/{quote(group, safe='')}/member"
        found: dict[str, str] = {}
        while True:
            rows = self._api.get(path, start=len(found), limit=NAMES_PART)
            with understood("a group"):
                people = {user["username"]: user for user in rows["results"]}
                if not people.keys() - found.keys():
                    return frozenset(found.values())
                found |= {name: self._name_of(user) for name, user in people.items()}

    def recent(self, since: datetime, keys: Collection[str]) -> Iterator[Recent]:
        cql = recent_cql(since, keys)
        rows = self._api.by_start("/rest/api/content/search", limit=PART, cql=cql, expand="version,space,container")
        for row in rows:
            with understood("a search result"):
                found = recent_row(row)
            yield found

    def page_source(self, page_id: str) -> tuple[str, str]:
        row = self._api.get(f"/rest/api/content/{page_id}", expand="body.storage", status=list(self._statuses))
        with understood("a page"):
            if row.get("status", "current") not in self._statuses:
                raise NotThere(page_id)
            return row["title"], row["body"]["storage"]["value"]

    def attachment(self, attachment_id: str) -> Attachment:
        row = self._api.get(f"/rest/api/content/{attachment_id}", expand="version,container")
        with understood("an attachment"):
            if row.get("status", "current") != "current":
                raise NotThere(attachment_id)
            return self._attachment(row, str(row["container"]["id"]))

    def _restriction_in(self, row: Row) -> Readers | None:
        read = row["restrictions"]["read"]
        return own_restriction(read, self._name_of) if is_whole(read) else self.restriction(str(row["id"]))

    def _keep_attachments(self, page: Page, row: Row) -> None:
        attached = row["children"]["attachment"]
        if len(attached["results"]) < attached.get("limit", 1):
            self._attached[page.id] = [self._attachment(each, page.id) for each in attached["results"]]

    def _page(self, row: Row, space: Space) -> Page:
        version, ancestors = row["version"], row["ancestors"]
        return Page(
            id=str(row["id"]),
            title=row["title"],
            space=space.key,
            version=int(version["number"]),
            url=self._api.base_url + row["_links"]["webui"],
            modified_at=moment(version.get("when")),
            owner=row.get("history", {}).get("createdBy", {}).get("displayName", ""),
            parent=str(ancestors[-1]["id"]) if ancestors else "",
        )

    def _attachment(self, row: Row, page: str) -> Attachment:
        with understood("an attachment"):
            version, links = row["version"], row["_links"]
            extensions, metadata = row.get("extensions", {}), row.get("metadata", {})
            return Attachment(
                id=str(row["id"]),
                page=page,
                name=row["title"],
                version=int(version["number"]),
                media_type=extensions.get("mediaType") or metadata.get("mediaType") or "",
                url=self._api.base_url + links["webui"],
                link=links["download"],
                modified_at=moment(version.get("when")),
            )

    def _name_of(self, user: Row) -> str:
        """A user's e-mail, or where it cannot be seen a name that is nobody's e-mail."""
        if user.get("email"):
            return str(user["email"])
        name = str(user["username"])
        if "@" in name:
            return name
        if name not in self._emails:
            self._emails[name] = self._email_in_profile(name)
        return self._emails[name] or f"user {name}"

    def _email_in_profile(self, name: str) -> str:
        try:
            return str(self._api.get(f"/rest/mobile/1.0/profile/{quote(name, safe='')}").get("email") or "")
        except (NotThere, NotAllowed):
            return ""
