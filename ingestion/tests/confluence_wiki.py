"""A wiki in memory: spaces, pages, attachments, people and groups, and what goes wrong on its way to us."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PART = 2
NESTED = 25


@dataclass
class Person:
    name: str
    email: str
    is_visible: bool = True


@dataclass
class Content:
    id: str
    kind: str
    title: str
    space: str
    body: str = ""
    data: bytes = b""
    media_type: str = "application/pdf"
    parent: str = ""
    parent_kind: str = "page"
    version: int = 1
    status: str = "current"
    users: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    changed_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    is_hidden: bool = False
    is_indexed: bool = True


class Failure(Exception):  # noqa: N818 - the name says what happened
    def __init__(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"{}") -> None:
        super().__init__(status)
        self.status, self.headers, self.body = status, headers or {}, body


class Wiki:
    """`interrupt` makes the next requests whose path holds a text fail; `fail_after` all of them from then on."""

    def __init__(self) -> None:
        self.spaces: dict[str, str] = {"ENG": "current"}
        self.contents: dict[str, Content] = {}
        self.people: dict[str, Person] = {}
        self.groups: dict[str, list[str]] = {}
        self.viewers: dict[str, tuple[list[str], list[str]]] = {}
        self.requests: list[str] = []
        self.media_headers: list[dict[str, str]] = []
        self._ids = itertools.count(1000)
        self._left: int | None = None
        self._interruptions: list[tuple[str, list[Failure]]] = []
        self.during: Callable[[str], None] = lambda path: None

    def page(self, title: str, body: str = "<p>text</p>", **fields: Any) -> Content:
        content = Content(str(next(self._ids)), "page", title, fields.pop("space", "ENG"), body=body, **fields)
        self.contents[content.id] = content
        return content

    def folder(self, title: str, **fields: Any) -> Content:
        content = Content(str(next(self._ids)), "folder", title, fields.pop("space", "ENG"), **fields)
        self.contents[content.id] = content
        return content

    def attach(self, page: Content, name: str, data: bytes, **fields: Any) -> Content:
        content = Content(f"att{next(self._ids)}", "attachment", name, page.space, data=data, parent=page.id, **fields)
        self.contents[content.id] = content
        return content

    def edit(self, content: Content, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(content, name, value)
        content.version += 1
        content.changed_at = datetime.now(UTC)

    def person(self, email: str, *, is_visible: bool = True) -> str:
        name = email.split("@", maxsplit=1)[0]
        self.people[name] = Person(name, email, is_visible)
        return name

    def fail_after(self, requests: int | None) -> None:
        self._left = requests

    def interrupt(self, path: str, *failures: Failure) -> None:
        self._interruptions.append((path, list(failures)))

    def meet(self, path: str) -> None:
        self.requests.append(path)
        self.during(path)
        if self._left is not None:
            if self._left <= 0:
                raise Failure(500)
            self._left -= 1
        for part, failures in self._interruptions:
            if part in path and failures:
                raise failures.pop(0)

    def found(self, content_id: str, *kinds: str) -> Content:
        content = self.contents.get(content_id)
        if content is None or content.is_hidden or (kinds and content.kind not in kinds):
            raise Failure(404)
        return content

    def those(self, kind: str, *, space: str = "", statuses: tuple[str, ...] = ("current",)) -> list[Content]:
        return [
            content
            for content in self.contents.values()
            if content.kind == kind and not content.is_hidden
            and content.status in statuses and space in ("", content.space)
        ]  # fmt: skip

    def by_cql(self, cql: str) -> list[Content]:
        kinds = ("page", "attachment") if "type in" in cql else ("page",)
        keys = set(re.findall(r'"([^"]+)"', match[1])) if (match := re.search(r"space in \(([^)]*)\)", cql)) else None
        since = datetime.min.replace(tzinfo=UTC)
        if match := re.search(r'lastmodified >= "([^"]+)"', cql):
            since = datetime.strptime(match[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        return [
            content
            for content in self.contents.values()
            if content.kind in kinds and content.is_indexed and not content.is_hidden and content.status == "current"
            and (keys is None or content.space in keys) and content.changed_at >= since
        ]  # fmt: skip
