"""Confluence Cloud: content by REST v2; restrictions, groups and search, which v2 lacks, by v1."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from ingestion.connectors.base import ConnectorError, Readers
from ingestion.connectors.wiki.api import ConfluenceApi, NotThere, Row, understood
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

PART = 250
SEARCH_PART = 100
NAMES_PART = 200
RESTRICTIONS = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
KINDS = frozenset({"page", "folder", "whiteboard", "database", "embed"})


class Cloud:
    def __init__(self, api: ConfluenceApi, *, archived: bool) -> None:
        self._api = api
        self._statuses = ("current", "archived") if archived else ("current",)
        self._group_ids: dict[str, str] = {}

    def who_am_i(self) -> None:
        # A token that has expired makes Cloud answer as to anybody, and anybody's empty list is no list.
        if self._api.get("/rest/api/user/current").get("type") != "known":
            raise ConnectorError(
                "Confluence does not know the account; check its e-mail and enter a valid token.", permanent=True
            )

    def spaces(self) -> Iterator[Space]:
        for row in self._api.by_cursor("/api/v2/spaces", limit=PART):
            with understood("a space"):
                if row.get("status", "current") in self._statuses:
                    yield Space(str(row["id"]), row["key"])

    def pages(self, space: Space) -> list[tuple[Page, Readers | None]]:
        details = self._details(space)
        found: list[tuple[Page, Readers | None]] = []
        for row in self._page_rows(space):
            with understood("a page"):
                page_id = str(row["id"])
                if page_id in details:
                    owner, restriction = details[page_id]
                else:
                    owner, restriction = self._detail(page_id)
                found.append((self._page(row, space, owner), restriction))
        return found

    def viewers(self, space: Space) -> Readers | None:
        emails: set[str] = set()
        groups: set[str] = set()
        for row in self._api.by_cursor(f"/api/v2/spaces/{space.id}/permissions", limit=PART):
            with understood("a space permission"):
                if (row["operation"]["key"], row["operation"]["targetType"]) != ("read", "space"):
                    continue
                kind, principal = row["principal"]["type"], row["principal"]["id"]
                if kind == "user":
                    emails.add(name_of(self._api.get("/rest/api/user", accountId=principal)))
                elif kind == "group":
                    group = self._api.get("/rest/api/group/by-id", id=principal)["name"]
                    self._group_ids[group] = principal
                    groups.add(group)
        return Readers(frozenset(emails), frozenset(groups))

    def count(self, keys: Collection[str]) -> int:
        found = self._api.get("/rest/api/search", cql=pages_cql(keys), limit=1)
        with understood("a count"):
            return int(found["totalSize"])

    def attachments(self, pages: Sequence[Page], *, whole_site: bool) -> Iterator[Attachment]:
        wanted = {page.id for page in pages}
        if whole_site:
            for row in self._api.by_cursor("/api/v2/attachments", limit=PART, status="current"):
                attachment = self._attachment(row)
                if attachment.page in wanted:
                    yield attachment
            return
        for page in pages:
            try:
                rows = list(self._api.by_cursor(f"/api/v2/pages/{page.id}/attachments", limit=PART, status="current"))
            except NotThere:
                continue  # The page went meanwhile; the next look tells.
            yield from (self._attachment(row) for row in rows)

    def restriction(self, content_id: str) -> Readers | None:
        return self._restriction(named_in_full(self._api, content_id))

    def parent(self, kind: str, content_id: str) -> tuple[str, str]:
        if kind not in KINDS:
            raise NotThere(kind)
        row = self._api.get(f"/api/v2/{kind}s/{content_id}")
        return (row.get("parentType") or "page", str(row["parentId"])) if row.get("parentId") else ("", "")

    def members(self, group: str) -> frozenset[str]:
        if group not in self._group_ids:
            raise NotThere(group)
        path = f"/rest/api/group/{self._group_ids[group]}/membersByGroupId"
        found: set[str] = set()
        while True:
            rows = self._api.get(path, start=len(found), limit=NAMES_PART)
            with understood("a group"):
                people = {name_of(user) for user in rows["results"]}
                if not people - found:
                    return frozenset(found)
                found |= people

    def recent(self, since: datetime, keys: Collection[str]) -> Iterator[Recent]:
        rows = self._api.by_cursor(
            "/rest/api/content/search",
            cql=recent_cql(since, keys),
            expand="version,space,container",
            limit=SEARCH_PART,
        )
        for row in rows:
            with understood("a search result"):
                found = recent_row(row)
            yield found

    def page_source(self, page_id: str) -> tuple[str, str]:
        row = self._api.get(f"/api/v2/pages/{page_id}", **{"body-format": "storage"})
        with understood("a page"):
            if row.get("status", "current") not in self._statuses:
                raise NotThere(page_id)
            return row["title"], row["body"]["storage"]["value"]

    def attachment(self, attachment_id: str) -> Attachment:
        row = self._api.get(f"/api/v2/attachments/{attachment_id}")
        if row.get("status", "current") != "current":
            raise NotThere(attachment_id)
        return self._attachment(row)

    def _page_rows(self, space: Space) -> Iterator[Row]:
        for row in self._api.by_cursor(
            f"/api/v2/spaces/{space.id}/pages", limit=PART, sort="id", status=list(self._statuses)
        ):
            with understood("a page"):
                if row.get("status", "current") in self._statuses:
                    yield row

    def _details(self, space: Space) -> dict[str, tuple[str, Readers | None]]:
        """Owners and restrictions, a hundred pages at once. The index behind it may not know a page yet."""
        found: dict[str, tuple[str, Readers | None]] = {}
        cql = pages_cql([space.key])
        expand = f"history,{RESTRICTIONS}"
        for row in self._api.by_cursor("/rest/api/content/search", cql=cql, expand=expand, limit=SEARCH_PART):
            with understood("a search result"):
                read = row["restrictions"]["read"]
                if is_whole(read):
                    owner = row.get("history", {}).get("createdBy", {}).get("displayName", "")
                    found[str(row["id"])] = (owner, self._restriction(read))
        return found

    def _detail(self, page_id: str) -> tuple[str, Readers | None]:
        try:
            return "", self.restriction(page_id)
        except NotThere:
            # It went, or was closed to this account, since it was listed.
            return "", Readers()

    def _restriction(self, read: Row) -> Readers | None:
        for group in read["restrictions"]["group"]["results"]:
            if group.get("id"):
                self._group_ids[group["name"]] = group["id"]
        return own_restriction(read, name_of)

    def _page(self, row: Row, space: Space, owner: str) -> Page:
        version = row["version"]
        return Page(
            id=str(row["id"]),
            title=row["title"],
            space=space.key,
            version=int(version["number"]),
            url=self._api.base_url + row["_links"]["webui"],
            modified_at=moment(version.get("createdAt")),
            owner=owner,
            parent=str(row.get("parentId") or ""),
            parent_kind=row.get("parentType") or "page",
        )

    def _attachment(self, row: Row) -> Attachment:
        with understood("an attachment"):
            version = row["version"]
            return Attachment(
                id=str(row["id"]),
                page=str(row.get("pageId") or ""),
                name=row["title"],
                version=int(version["number"]),
                media_type=row.get("mediaType") or "",
                url=self._api.base_url + row["webuiLink"],
                link=row["downloadLink"],
                modified_at=moment(version.get("createdAt")),
            )


def name_of(user: Row) -> str:
    """A user's e-mail, or where its owner hides it a name that is nobody's e-mail."""
    return user.get("email") or f"account {user['accountId']}"
