"""What Confluence Cloud and Data Center answer about a wiki, in the formats of their published references."""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from ingestion.tests.confluence_wiki import NESTED, PART, Content, Failure, Wiki

EMAIL = "reader@example.com"
TOKEN = "a-token-that-opens"


class Cloud:
    """The REST formats of Confluence Cloud: v2, and of v1 what v2 lacks."""

    context = "/wiki"

    def __init__(self, wiki: Wiki) -> None:
        self.wiki = wiki

    def is_known(self, authorization: str) -> bool:
        return authorization == "Basic " + base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:  # noqa: PLR0911,PLR0912 - an address each
        wiki, first = self.wiki, {name: values[0] for name, values in query.items()}
        match path.strip("/").split("/"):
            case ["rest", "api", "user", "current"]:
                return {"type": "known", "accountId": "1", "accountType": "atlassian", "displayName": "Reader"}
            case ["api", "v2", "spaces"]:
                rows = [{"id": f"9{n}", "key": key, "name": key, "type": "global", "status": status}
                        for n, (key, status) in enumerate(wiki.spaces.items())]  # fmt: skip
                return self.part(path, rows, first)
            case ["api", "v2", "spaces", space, "pages"]:
                statuses = tuple(query.get("status", ["current", "archived"]))
                key = list(wiki.spaces)[int(space[1:])]
                return self.part(
                    path, [self.page(each) for each in wiki.those("page", space=key, statuses=statuses)], first
                )
            case ["api", "v2", "spaces", space, "permissions"]:
                return self.part(path, self.permissions(list(wiki.spaces)[int(space[1:])]), first)
            case ["rest", "api", "user"]:
                return self.user(first["accountId"].removeprefix("557058:"))
            case ["rest", "api", "group", "by-id"]:
                return self.group(first["id"].removeprefix("id-"))
            case ["api", "v2", ("pages" | "folders") as kind, content_id]:
                content = wiki.found(content_id, kind[:-1])
                body = {"body": {"storage": {"representation": "storage", "value": content.body}}}
                return self.page(content) | (body if first.get("body-format") == "storage" else {})
            case ["api", "v2", "pages", content_id, "attachments"]:
                page = wiki.found(content_id, "page")
                rows = [self.attachment(each) for each in wiki.those("attachment") if each.parent == page.id]
                return self.part(path, rows, first)
            case ["api", "v2", "attachments"]:
                return self.part(path, [self.attachment(each) for each in wiki.those("attachment")], first)
            case ["api", "v2", "attachments", content_id]:
                return self.attachment(wiki.found(content_id, "attachment"))
            case ["rest", "api", "content", "search"]:
                rows = [self.old_style(each, first.get("expand", "")) for each in wiki.by_cql(first["cql"])]
                return self.part(path, rows, first)
            case ["rest", "api", "search"]:
                return {"results": [], "start": 0, "limit": 1, "size": 0, "totalSize": len(wiki.by_cql(first["cql"]))}
            case ["rest", "api", "content", content_id, "restriction", "byOperation", "read"]:
                return self.read(wiki.found(content_id), int(first["start"]), int(first["limit"]))
            case ["rest", "api", "group", group, "membersByGroupId"]:
                return self.counted(self.members(group.removeprefix("id-")), first)
        raise Failure(404)

    def permissions(self, space: str) -> list[dict[str, Any]]:
        users, groups = self.wiki.viewers[space]
        held = [("user", f"557058:{name}", "read") for name in users]
        held += [("group", f"id-{name}", "read") for name in groups] + [("group", "id-admins", "administer")]
        return [
            {"id": f"{number}", "principal": {"type": kind, "id": key},
             "operation": {"key": operation, "targetType": "space"}}
            for number, (kind, key, operation) in enumerate(held)
        ]  # fmt: skip

    def members(self, group: str) -> list[dict[str, Any]]:
        if group not in self.wiki.groups:
            raise Failure(404)
        return [self.user(name) for name in self.wiki.groups[group]]

    def part(self, path: str, rows: list[Any], first: dict[str, str]) -> dict[str, Any]:
        """A part of a list; the next begins after the row that the cursor names, wherever that stands by then."""
        ids = [row["id"] for row in rows]
        cursor = first.get("cursor")
        begin = sum(1 for row_id in ids if cursor is not None and int(re.sub(r"\D", "", row_id)) <= int(cursor))
        shown = rows[begin : begin + min(PART, int(first["limit"]))]
        links: dict[str, str] = {"base": "http://ignored.example/wiki"}
        if begin + len(shown) < len(rows):
            following = re.sub(r"\D", "", shown[-1]["id"])
            links["next"] = f"/wiki{path}?limit={first['limit']}&cursor={following}"
        return {"results": shown, "_links": links}

    def counted(self, rows: list[Any], first: dict[str, str]) -> dict[str, Any]:
        begin, limit = int(first.get("start", 0)), min(PART, int(first["limit"]))
        shown = rows[begin : begin + limit]
        links = {"next": f"?start={begin + limit}"} if begin + limit < len(rows) else {}
        return {"results": shown, "start": begin, "limit": limit, "size": len(shown), "_links": links}

    def user(self, name: str) -> dict[str, Any]:
        person = self.wiki.people[name]
        return {"type": "known", "accountId": f"557058:{name}", "displayName": name.title(),
                "email": person.email if person.is_visible else ""}  # fmt: skip

    def group(self, name: str) -> dict[str, Any]:
        return {"type": "group", "name": name, "id": f"id-{name}"}

    def read(self, content: Content, start: int = 0, limit: int = NESTED) -> dict[str, Any]:
        users = [self.user(name) for name in content.users[start : start + limit]]
        groups = [self.group(name) for name in content.groups[start : start + limit]]
        return {"operation": "read", "restrictions": {
            "user": {"results": users, "start": start, "limit": limit, "size": len(users)},
            "group": {"results": groups, "start": start, "limit": limit, "size": len(groups)},
        }}  # fmt: skip

    def page(self, content: Content) -> dict[str, Any]:
        return {
            "id": content.id, "status": content.status, "title": content.title, "spaceId": "90",
            "parentId": content.parent or None, "parentType": content.parent_kind if content.parent else None,
            "position": 1, "authorId": "1", "ownerId": "1", "lastOwnerId": None, "createdAt": stamp(content),
            "version": {"createdAt": stamp(content), "message": "", "number": content.version, "minorEdit": False},
            "_links": {"webui": f"/spaces/{content.space}/pages/{content.id}/{quote(content.title)}"},
        }  # fmt: skip

    def attachment(self, content: Content) -> dict[str, Any]:
        return {
            "id": content.id, "status": content.status, "title": content.title, "pageId": content.parent,
            "mediaType": content.media_type, "fileSize": len(content.data), "createdAt": stamp(content),
            "webuiLink": f"/pages/viewpageattachments.action?pageId={content.parent}",
            "downloadLink": download_link(content),
            "version": {"createdAt": stamp(content), "number": content.version},
        }  # fmt: skip

    def old_style(self, content: Content, expand: str) -> dict[str, Any]:
        row = {
            "id": content.id, "type": content.kind, "status": content.status, "title": content.title,
            "version": {"number": content.version, "when": stamp(content)}, "space": {"key": content.space},
            "history": {"createdBy": {"displayName": "Grace Hopper"}}, "_links": {},
        }  # fmt: skip
        if content.kind == "attachment":
            row["container"] = {"id": content.parent, "type": "page"}
        if "restrictions" in expand:
            row["restrictions"] = {"read": self.read(content)}
        return row


class DataCenter(Cloud):
    """The REST formats of Confluence Data Center. Users have names; e-mails stand in their profiles."""

    context = ""

    def is_known(self, authorization: str) -> bool:
        return authorization == f"Bearer {TOKEN}"

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:  # noqa: PLR0911,PLR0912 - an address each
        wiki, first = self.wiki, {name: values[0] for name, values in query.items()}
        match path.strip("/").split("/"):
            case ["rest", "api", "user", "current"]:
                return {"type": "known", "username": "reader", "userKey": "1", "displayName": "Reader"}
            case ["rest", "api", "space"]:
                rows = [{"id": n, "key": key, "status": status} for n, (key, status) in enumerate(wiki.spaces.items())]
                return self.counted(rows, first)
            case ["rest", "api", "space", key, "permissions"]:
                if key not in wiki.viewers:
                    raise Failure(404)
                users, groups = wiki.viewers[key]
                subjects = [{"type": "user", "userKey": f"key-{name}"} for name in users]
                subjects += [{"type": "group", "name": name} for name in groups]
                read = {"targetType": "space", "operationKey": "read"}
                return [{"operation": read, "subject": each, "spaceKey": key} for each in subjects] + [
                    {"operation": {"targetType": "page", "operationKey": "create"}, "subject": {"type": "anonymous"}}
                ]
            case ["rest", "api", "user"]:
                return self.user(first["key"].removeprefix("key-"))
            case ["rest", "api", "content"]:
                pages = wiki.those("page", space=first["spaceKey"], statuses=(first["status"],))
                return self.counted([self.old_style(each, first["expand"]) for each in pages], first)
            case ["rest", "api", "content", "search"]:
                rows = [self.old_style(each, first["expand"]) for each in wiki.by_cql(first["cql"])]
                return self.counted(rows, first)
            case ["rest", "api", "content", content_id, "child", "attachment"]:
                page = wiki.found(content_id, "page")
                return self.counted([self.old_style(each, "") for each in self.attached(page)], first)
            case ["rest", "api", "content", content_id]:
                content = wiki.found(content_id)
                if content.status not in query.get("status", ["current"]) + ["any"] and "any" not in query.get(
                    "status", []
                ):
                    raise Failure(404)
                return self.old_style(content, first.get("expand", ""))
            case ["rest", "api", "group", group, "member"]:
                return self.counted(self.members(unquote(group)), first)
            case ["rest", "mobile", "1.0", "profile", name]:
                person = wiki.people.get(name)
                if person is None or not person.is_visible:
                    raise Failure(403)
                return {"userName": name, "fullName": name.title(), "email": person.email}
        return super().answer(path, query) if "/restriction/" in path or path == "/rest/api/search" else self.nothing()

    def nothing(self) -> None:
        raise Failure(404)

    def attached(self, page: Content) -> list[Content]:
        return [each for each in self.wiki.those("attachment") if each.parent == page.id]

    def user(self, name: str) -> dict[str, Any]:
        return {"type": "known", "username": name, "userKey": f"key-{name}", "displayName": name.title()}

    def old_style(self, content: Content, expand: str) -> dict[str, Any]:
        row = super().old_style(content, expand)
        ancestors: list[dict[str, str]] = []
        above = content.parent
        while above and content.kind == "page":
            ancestors.insert(0, {"id": above, "type": "page"})
            above = self.wiki.contents[above].parent if above in self.wiki.contents else ""
        row["ancestors"] = ancestors
        row["_links"] = {"webui": f"/display/{content.space}/{quote(content.title)}"}
        if content.kind == "attachment":
            row["_links"]["download"] = download_link(content)
            row["extensions"] = {"mediaType": content.media_type, "fileSize": len(content.data)}
        if "body.storage" in expand:
            row["body"] = {"storage": {"value": content.body, "representation": "storage"}}
        if "children.attachment" in expand:
            attached = [self.old_style(each, "") for each in self.attached(content)]
            row["children"] = {"attachment": {"results": attached[:PART], "limit": PART, "size": len(attached[:PART])}}
        return row


def stamp(content: Content) -> str:
    return content.changed_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def download_link(content: Content) -> str:
    name = quote(content.title)
    return f"/download/attachments/{content.parent}/{name}?version={content.version}&api=v2&at={content.id}"


def long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=400)
